/** How a time step becomes a vector; the defaults are those of diffusers' UNet2DModel. */
export interface TimeEmbeddingOptions {
  /** Cosines first (true), or sines. */
  readonly flipSinToCos: boolean;
  /** 1 makes the last frequency exactly 1/10000. */
  readonly freqShift: number;
}

/**
 * Sinusoidal time embedding (Vaswani et al. 2017; diffusers' `get_timestep_embedding`), in double precision on the host: some
 * engines' sines err by 2e-4.
 * @param timesteps one a row, not necessarily whole
 * @param width even
 * @returns row-major, timesteps.length × width
 */
export function timeEmbedding(
  timesteps: ArrayLike<number>,
  width: number,
  {flipSinToCos, freqShift}: TimeEmbeddingOptions
): Float32Array {
  const half = width / 2;
  const result = new Float32Array(timesteps.length * width);
  const [sines, cosines] = flipSinToCos ? [half, 0] : [0, half];
  for (let i = 0; i < timesteps.length; i++) {
    for (let j = 0; j < half; j++) {
      const angle = timesteps[i] * Math.exp((-Math.log(10000) * j) / (half - freqShift));
      result[i * width + sines + j] = Math.sin(angle);
      result[i * width + cosines + j] = Math.cos(angle);
    }
  }
  return result;
}
