import type {DType} from "./dtypes.js";
import {Global, hashSteps, Inert, type PickleContext} from "./pickle.js";
import {rebuildTensor, TensorRef} from "./torch-tensor.js";

/** `torch.FloatStorage` and its like: a global that says which dtype a storage has. */
export class StorageType extends Global {
  constructor(
    name: string,
    /** `undefined` for the untyped one. */
    readonly dtype: DType | undefined
  ) {
    super(name, (_, context) => {
      throw context.fail(`calls ${name}, which a checkpoint only names`);
    });
  }
}

/** `torch.float8_e4m3fn` and its like. */
class TorchDType extends Global {
  constructor(
    name: string,
    readonly dtype: DType
  ) {
    super(name, (_, context) => {
      throw context.fail(`calls ${name}, which is no function`);
    });
  }
}

/** `numpy.dtype('f8')`, then its state, whose second item is the byte order. */
class NumpyDType {
  littleEndian = true;
  constructor(readonly code: string) {}
  setState(state: unknown): void {
    if (Array.isArray(state) && state[1] === ">") this.littleEndian = false;
  }
}

/**
 * The whole of what a checkpoint's pickle may name. Tensors, storages and containers are rebuilt; a handful of classes that training
 * code leaves around a state_dict are kept as inert records; all else is refused. Nothing here runs code from the file.
 */
export function findGlobal(name: string): Global | undefined {
  // Python 2 and 3 disagree about one module's name
  return allowed.get(name.replace(/^__builtin__\./, "builtins.").replace(/^copy_reg\./, "copyreg."));
}

const storageTypes: Record<string, DType | undefined> = {
  DoubleStorage: "F64",
  FloatStorage: "F32",
  HalfStorage: "F16",
  BFloat16Storage: "BF16",
  LongStorage: "I64",
  IntStorage: "I32",
  ShortStorage: "I16",
  CharStorage: "I8",
  ByteStorage: "U8",
  BoolStorage: "BOOL",
  UntypedStorage: undefined
};

const torchDTypes: Record<string, DType> = {
  float64: "F64",
  double: "F64",
  float32: "F32",
  float: "F32",
  float16: "F16",
  half: "F16",
  bfloat16: "BF16",
  float8_e4m3fn: "F8_E4M3",
  float8_e5m2: "F8_E5M2",
  int64: "I64",
  int32: "I32",
  int16: "I16",
  int8: "I8",
  uint64: "U64",
  uint32: "U32",
  uint16: "U16",
  uint8: "U8",
  bool: "BOOL"
};

/** Classes whose instances or names stand around a state_dict, and harmless classes of whole modules that were pickled. */
const inertClasses = [
  "argparse.Namespace",
  "types.SimpleNamespace",
  "pathlib.Path",
  "pathlib.PosixPath",
  "pathlib.PurePosixPath",
  "pathlib.PureWindowsPath",
  "pathlib.WindowsPath",
  "pathlib._local.PosixPath",
  "pathlib._local.WindowsPath",
  "datetime.datetime",
  "datetime.timedelta",
  "typing.Any",
  "typing.Dict",
  "typing.List",
  "typing.Tuple",
  "typing.Union",
  "builtins.object",
  "builtins.int",
  "builtins.float",
  "builtins.str",
  "builtins.bool",
  "builtins.bytes",
  "builtins.complex",
  "builtins.slice",
  "builtins.range",
  "torch.device",
  "torch.Tensor",
  "torch.nn.parameter.Buffer",
  "torch.memory_format",
  "torch.torch_version.TorchVersion",
  "torch.serialization._get_layout",
  "numpy.ndarray",
  "numpy.core.multiarray._reconstruct",
  "numpy._core.multiarray._reconstruct",
  "omegaconf.dictconfig.DictConfig",
  "omegaconf.listconfig.ListConfig",
  "omegaconf.base.ContainerMetadata",
  "omegaconf.base.Metadata",
  "omegaconf.nodes.AnyNode",
  "omegaconf.nodes.StringNode",
  "omegaconf.nodes.IntegerNode",
  "omegaconf.nodes.FloatNode",
  "omegaconf.nodes.BooleanNode",
  "omegaconf.nodes.PathNode",
  "pytorch_lightning.utilities.parsing.AttributeDict",
  "lightning.pytorch.utilities.parsing.AttributeDict",
  "lightning.fabric.utilities.data.AttributeDict",
  "lightning_fabric.utilities.data.AttributeDict",
  "pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint",
  "pytorch_lightning.callbacks.early_stopping.EarlyStopping",
  "lightning.pytorch.callbacks.model_checkpoint.ModelCheckpoint",
  "lightning.pytorch.callbacks.early_stopping.EarlyStopping",
  // whole modules (VDSR was saved so): their parameters are in the instances' state, their code is not needed
  "torch.nn.backends.thnn._get_thnn_function_backend",
  "torch.nn.modules.activation.LeakyReLU",
  "torch.nn.modules.activation.PReLU",
  "torch.nn.modules.activation.ReLU",
  "torch.nn.modules.activation.Sigmoid",
  "torch.nn.modules.activation.SiLU",
  "torch.nn.modules.batchnorm.BatchNorm2d",
  "torch.nn.modules.container.ModuleList",
  "torch.nn.modules.container.Sequential",
  "torch.nn.modules.conv.Conv2d",
  "torch.nn.modules.linear.Linear",
  "torch.nn.modules.normalization.GroupNorm",
  "torch.nn.modules.pixelshuffle.PixelShuffle",
  "torch.nn.modules.upsampling.Upsample",
  "vdsr.Conv_ReLU_Block",
  "vdsr.Net"
];

const allowed = new Map<string, Global>();

function allow(name: string, call: Global["call"]): void {
  allowed.set(name, new Global(name, call));
}

for (const [name, dtype] of Object.entries(storageTypes)) {
  for (const module of ["torch", "torch.cuda", "torch.storage"])
    allowed.set(`${module}.${name}`, new StorageType(`${module}.${name}`, dtype));
}
for (const [name, dtype] of Object.entries(torchDTypes)) {
  allowed.set(`torch.${name}`, new TorchDType(`torch.${name}`, dtype));
}
for (const name of inertClasses) allow(name, (args) => new Inert(name, args));

// (storage, offset, size, stride, requires_grad, backward_hooks, …)
allow("torch._utils._rebuild_tensor", (args, context) => rebuildTensor(args, undefined, context));
allow("torch._utils._rebuild_tensor_v2", (args, context) => rebuildTensor(args, undefined, context));
// … and a dtype: for the types that have no storage class of their own
allow("torch._utils._rebuild_tensor_v3", (args, context) => {
  if (!(args[6] instanceof TorchDType)) throw context.fail("builds a tensor whose dtype is none");
  return rebuildTensor(args, args[6].dtype, context);
});
for (const name of [
  "torch._utils._rebuild_parameter",
  "torch._utils._rebuild_parameter_with_state",
  "torch.nn.parameter.Parameter"
])
  allow(name, ([data], context) => {
    if (!(data instanceof TensorRef)) throw context.fail("makes a parameter of something that is no tensor");
    return data;
  });
// a tensor with Python attributes: (function, class, its arguments, state)
allow("torch._tensor._rebuild_from_type_v2", ([rebuild, , args], context) => {
  if (!(rebuild instanceof Global) || !rebuild.name.startsWith("torch._utils._rebuild_") || !Array.isArray(args))
    throw context.fail("rebuilds a tensor by something that does not rebuild tensors");
  return rebuild.call(args, context);
});
allow("torch.Size", sequence);

allow("collections.OrderedDict", dictionary);
allow("collections.Counter", dictionary);
allow("collections.defaultdict", ([, ...args], context) => dictionary(args, context));
allow("builtins.dict", dictionary);
allow("builtins.list", sequence);
allow("builtins.tuple", sequence);
allow("builtins.set", (args, context) => new Set(sequence(args, context)));
allow("builtins.frozenset", (args, context) => new Set(sequence(args, context)));
// protocol 0 and 1 make objects so: (class, base, the base's state)
allow("copyreg._reconstructor", ([type], context) => {
  if (!(type instanceof Global)) throw context.fail("makes an object of something that is no class");
  return type.call([], context);
});

// NumPy's scalars, as training code leaves them in hyper-parameters and scores
allow("numpy.dtype", ([code], context) => {
  if (typeof code !== "string") throw context.fail("names a numpy dtype by something that is no text");
  return new NumpyDType(code);
});
for (const module of ["numpy.core.multiarray", "numpy._core.multiarray"])
  allow(`${module}.scalar`, ([type, bytes], context) => {
    if (!(type instanceof NumpyDType)) throw context.fail("makes a numpy scalar without a dtype");
    return (bytes instanceof Uint8Array ? numpyScalar(type, bytes) : undefined) ?? new Inert(`numpy ${type.code}`, []);
  });
allow("_codecs.encode", ([text, encoding], context) => {
  if (typeof text !== "string" || encoding !== "latin1") throw context.fail("encodes something other than latin1 text");
  context.spend(text.length >> 6);
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
});

function dictionary([init]: unknown[], context: PickleContext): Map<unknown, unknown> {
  context.spend(hashSteps);
  if (init === undefined || init === null) return new Map();
  if (init instanceof Map) {
    context.spend(init.size);
    return new Map(init);
  }
  if (!Array.isArray(init)) throw context.fail("makes a dictionary of something that holds no pairs");
  context.spend(init.length);
  for (const pair of init)
    if (!Array.isArray(pair) || pair.length !== 2) throw context.fail("makes a dictionary of items that are no pairs");
  return new Map(init as [unknown, unknown][]);
}

function sequence([init]: unknown[], context: PickleContext): unknown[] {
  if (init === undefined) return [];
  if (!Array.isArray(init) && !(init instanceof Set)) throw context.fail("makes a list of something that is none");
  const items = [...init];
  context.spend(items.length);
  return items;
}

function numpyScalar({code, littleEndian}: NumpyDType, bytes: Uint8Array): number | boolean | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const size = Number(code.slice(1));
  if (size !== bytes.length) return undefined;
  switch (code) {
    case "f8":
      return view.getFloat64(0, littleEndian);
    case "f4":
      return view.getFloat32(0, littleEndian);
    case "i8":
      return Number(view.getBigInt64(0, littleEndian));
    case "u8":
      return Number(view.getBigUint64(0, littleEndian));
    case "i4":
      return view.getInt32(0, littleEndian);
    case "u4":
      return view.getUint32(0, littleEndian);
    case "i2":
      return view.getInt16(0, littleEndian);
    case "i1":
      return view.getInt8(0);
    case "u1":
      return view.getUint8(0);
    case "b1":
      return view.getUint8(0) !== 0;
    default:
      return undefined;
  }
}
