import * as tf from "@tensorflow/tfjs-core";

/** More scores than this are made for some of the queries at a time: 64² latents of one image have 2²⁴, 256² ones 2³², or 16 GiB. */
const mostScores = 2 ** 26;
/** Wider heads are better off with an engine's products of matrices. */
const widestFused = 16;

/**
 * Scaled dot-product attention, softmax(q·kᵀ/√d)·v in each head, d = c / heads. Differentiable.
 *
 * An engine may have the kernels `Attention` and `AttentionGrad`, which do a head at a time; elsewhere it is composed.
 * @param q [n, length, c]
 * @param k [n, length of the memory, c]
 * @param v like `k`
 * @param heads defaults to 1; must divide c
 * @param most scores in memory at once, where it is composed
 * @returns [n, length, c]
 */
export function attention(
  q: tf.Tensor3D,
  k: tf.Tensor3D,
  v: tf.Tensor3D,
  heads = 1,
  most: number = mostScores
): tf.Tensor3D {
  const c = q.shape[2];
  if (c % heads !== 0) throw new RangeError(`invalid heads: ${heads} do not divide ${c} channels`);
  const fused = c / heads <= widestFused && tf.getKernel("Attention", tf.getBackend()) !== undefined;
  return fused ? fusedAttention(q, k, v, heads) : composedAttention(q, k, v, heads, most);
}

function fusedAttention(q: tf.Tensor3D, k: tf.Tensor3D, v: tf.Tensor3D, heads: number): tf.Tensor3D {
  const attend = tf.customGrad((...args) => {
    const save = args[3] as unknown as tf.GradSaveFunc;
    save([q, k, v]);
    return {
      value: tf.engine().runKernel("Attention", {q, k, v}, {heads}) as tf.Tensor,
      gradFunc: (dy: tf.Tensor, [q, k, v]: tf.Tensor[]) =>
        tf.engine().runKernel("AttentionGrad", {dy, q, k, v}, {heads}) as unknown as tf.Tensor[]
    };
  });
  return attend(q, k, v) as tf.Tensor3D;
}

function composedAttention(q: tf.Tensor3D, k: tf.Tensor3D, v: tf.Tensor3D, heads: number, most: number): tf.Tensor3D {
  const [n, length, c] = q.shape;
  const d = c / heads;
  // the scale goes to the queries: they are fewer than the scores
  const [queries, keys, values] = [tf.mul<tf.Tensor3D>(q, 1 / Math.sqrt(d)), k, v].map((x) => split(x, heads));
  const attend = (part: tf.Tensor3D): tf.Tensor3D =>
    tf.tidy(() => tf.matMul(tf.softmax(tf.matMul(part, keys, false, true)), values));
  const rows = Math.max(1, Math.floor(most / (n * heads * k.shape[1])));
  const y = rows >= length ? attend(queries) : tf.concat(parts(queries, rows).map(attend), 1);
  if (heads === 1) return y;
  return tf.reshape(tf.transpose(tf.reshape(y, [n, heads, length, d]), [0, 2, 1, 3]), [n, length, c]) as tf.Tensor3D;
}

/** Cut along the second axis, `rows` in each but perhaps the last. */
function parts(x: tf.Tensor3D, rows: number): tf.Tensor3D[] {
  const [n, length, c] = x.shape;
  return Array.from({length: Math.ceil(length / rows)}, (_, i) =>
    tf.slice(x, [0, i * rows, 0], [n, Math.min(rows, length - i * rows), c])
  );
}

/** [n, length, c] → [n·heads, length, c / heads]. */
function split(x: tf.Tensor3D, heads: number): tf.Tensor3D {
  if (heads === 1) return x;
  const [n, length, c] = x.shape;
  const d = c / heads;
  const y = tf.transpose(tf.reshape(x, [n, length, heads, d]), [0, 2, 1, 3]);
  return tf.reshape(y, [n * heads, length, d]) as tf.Tensor3D;
}
