import * as tf from "@tensorflow/tfjs-core";

interface ConvolutionAttributes {
  readonly strides: number | [number, number];
  readonly pad: "same" | "valid" | number | [[number, number], [number, number], [number, number], [number, number]];
  readonly inputShape?: [number, number, number, number];
}

/**
 * Gives tfjs-node's two gradients of a convolution the explicit padding that its forward kernel has: they throw for
 * anything but `same` and `valid`. The image is padded with zeros by hand and convolved as `valid`; the gradient with
 * respect to the image is the padded one's without its border.
 */
export function supportExplicitPadding(backendName = "tensorflow"): void {
  replace(backendName, "Conv2DBackpropFilter", (original, {inputs, attrs, backend}) => {
    const {pad} = attrs as unknown as ConvolutionAttributes;
    if (!Array.isArray(pad)) return original({inputs, attrs, backend});
    return tf.tidy(() => {
      const x = tf.pad(inputs.x as tf.Tensor, pad);
      return original({inputs: {...inputs, x}, attrs: {...attrs, pad: "valid"}, backend}) as tf.Tensor;
    });
  });
  replace(backendName, "Conv2DBackpropInput", (original, {inputs, attrs, backend}) => {
    const {pad, inputShape} = attrs as unknown as ConvolutionAttributes;
    if (!Array.isArray(pad) || inputShape === undefined) return original({inputs, attrs, backend});
    return tf.tidy(() => {
      const padded = inputShape.map((side, i) => side + pad[i][0] + pad[i][1]);
      const whole = original({inputs, attrs: {...attrs, pad: "valid", inputShape: padded}, backend});
      // tfjs-node's kernels give tensors, which `tidy` knows, not mere descriptions of them
      return tf.slice(
        whole as tf.Tensor,
        pad.map(([before]) => before),
        inputShape
      );
    });
  });
}

type Call = Parameters<tf.KernelFunc>[0];

function replace(
  backendName: string,
  kernelName: string,
  kernelFunc: (original: tf.KernelFunc, call: Call) => tf.TensorInfo | tf.TensorInfo[]
): void {
  const kernel = tf.getKernel(kernelName, backendName);
  tf.unregisterKernel(kernelName, backendName);
  tf.registerKernel({...kernel, kernelFunc: (call) => kernelFunc(kernel.kernelFunc, call)});
}
