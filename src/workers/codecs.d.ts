// packages without types of their own, or with types that node's resolution does not find
declare module "jpeg-lossless-decoder-js";
declare module "@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs";
declare module "@cornerstonejs/codec-openjpeg/decodewasmjs";
declare module "@cornerstonejs/codec-charls/decodewasmjs";
