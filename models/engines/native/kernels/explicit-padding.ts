import * as tf from "@tensorflow/tfjs-core";

type Attributes = tf.Conv2DBackpropInputAttrs & {filterShape: [number, number, number, number]};
type Pads = [[number, number], [number, number], [number, number], [number, number]];

/**
 * tfjs-node convolves with any padding, but has gradients for `same` and `valid` only. With this, a gradient of an
 * explicitly padded convolution is that of a `valid` one on an image that was padded before. (tfjs-node's kernels give
 * tensors, which `tidy` knows: to wrap them again would leak.)
 */
export function installExplicitPadding(): void {
  replace("Conv2DBackpropInput", (plain, call) => {
    const attrs = call.attrs as unknown as Attributes;
    if (typeof attrs.pad !== "object") return plain(call);
    const [, [top, bottom], [left, right]] = attrs.pad as Pads;
    const [n, h, w, c] = attrs.inputShape;
    const padded = {...attrs, pad: "valid", inputShape: [n, h + top + bottom, w + left + right, c]};
    return tf.tidy(() => {
      const dx = plain({...call, attrs: padded as unknown as tf.NamedAttrMap}) as tf.Tensor;
      return tf.slice(dx, [0, top, left, 0], [n, h, w, c]);
    });
  });
  replace("Conv2DBackpropFilter", (plain, call) => {
    const attrs = call.attrs as unknown as Attributes;
    if (typeof attrs.pad !== "object") return plain(call);
    return tf.tidy(() => {
      const x = tf.pad(call.inputs.x as tf.Tensor, attrs.pad as Pads);
      return plain({...call, inputs: {...call.inputs, x}, attrs: {...call.attrs, pad: "valid"}}) as tf.Tensor;
    });
  });
}

type Call = Parameters<tf.KernelFunc>[0];

function replace(
  kernelName: string,
  kernelFunc: (plain: tf.KernelFunc, call: Call) => ReturnType<tf.KernelFunc>
): void {
  const old = tf.getKernel(kernelName, "tensorflow");
  tf.unregisterKernel(kernelName, "tensorflow");
  tf.registerKernel({...old, kernelFunc: (call) => kernelFunc(old.kernelFunc, call)});
}
