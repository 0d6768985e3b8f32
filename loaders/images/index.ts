export {encodePng8, encodePng16} from "./encodePng.js";
export type {DecodedPlane, RangeOptions} from "./greyOfNpy.js";
export {type ImageFile, listImages, stemOf} from "./listImages.js";
export {naturalOrder} from "./naturalOrder.js";
export {decodeNpy, encodeNpy, type Npy, type NpyData, type NpyType} from "./npy.js";
export {decodeImage, readImage, readNpy} from "./readImage.js";
