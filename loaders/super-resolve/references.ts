import {InputError} from "../../models/errors.js";
import type {Image} from "../../src/measures/image.js";
import {type ImageFile, listImages, readImage} from "../images/index.js";

/** The HR images that super-resolved ones are measured against, by id. */
export class References {
  private constructor(private readonly paths: ReadonlyMap<string, string>) {}

  /** @throws InputError naming the first LR image that has no HR image of its id */
  static open(inputs: readonly string[], files: readonly ImageFile[], recursive: boolean): References {
    const paths = new Map(listImages(inputs, {recursive}).map(({id, path}) => [id, path]));
    const alone = files.filter(({id}) => !paths.has(id));
    if (alone.length > 0) {
      const more = alone.length > 1 ? ` (nor for ${alone.length - 1} more)` : "";
      throw new InputError(`${inputs.join(", ")} holds no HR image named ${alone[0].id} for ${alone[0].path}${more}`);
    }
    return new References(paths);
  }

  /** @throws InputError when it has another size than the output for it */
  async read(id: string, output: {readonly width: number; readonly height: number}): Promise<Image> {
    const path = this.paths.get(id)!;
    const image = await readImage(path);
    if (image.width !== output.width || image.height !== output.height) {
      throw new InputError(
        `${path} is ${image.width}×${image.height}, but what is made of its LR image is ${output.width}×${output.height}: they can't be compared`
      );
    }
    return image;
  }
}
