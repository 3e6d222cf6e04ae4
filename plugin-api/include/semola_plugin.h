/* The plugin ABI of semola-host in C.

   Written by cbindgen from plugin-api/src/abi (scripts/header); do not edit. docs/plugins-in-c.md tells how to use it. In
   short: arguments are borrowed, results are owned; texts are UTF-8 with a length, not zero-terminated; a negative status is
   a failure, whose text a plugin gives with `set_error` and reads with `last_error`. */

#ifndef SEMOLA_PLUGIN_H
#define SEMOLA_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The ABI that this header describes. */
#define SEMOLA_ABI_MAJOR 1
#define SEMOLA_ABI_MINOR 0
/* Room for components in a manifest. */
#define SEMOLA_MAX_COMPONENTS 32

/* Tags of a SemolaValue. */
enum {
  SEMOLA_DEFAULT = 0,  /* the default of the operator's schema */
  SEMOLA_NONE = 1,     /* none, for an optional argument */
  SEMOLA_TENSOR = 2,   /* a handle */
  SEMOLA_INT = 3,      /* a 64-bit signed integer */
  SEMOLA_FLOAT = 4,    /* the bits of a double */
  SEMOLA_BOOL = 5,     /* 0 or 1 */
  SEMOLA_DTYPE = 6,    /* an element type, see below */
  SEMOLA_DEVICE = 7,   /* type | index << 8 */
  SEMOLA_STRING = 8,   /* address of len bytes of UTF-8 */
  SEMOLA_INTS = 9,     /* address of len 64-bit signed integers */
  SEMOLA_FLOATS = 10,  /* address of len doubles */
  SEMOLA_BOOLS = 11,   /* address of len bytes, each 0 or 1 */
  SEMOLA_TENSORS = 12  /* address of len handles, 0 for none */
};

/* Element types: libtorch's ScalarType. */
enum {
  SEMOLA_U8 = 0, SEMOLA_I8 = 1, SEMOLA_I16 = 2, SEMOLA_I32 = 3, SEMOLA_I64 = 4, SEMOLA_F16 = 5, SEMOLA_F32 = 6,
  SEMOLA_F64 = 7, SEMOLA_BOOLEAN = 11, SEMOLA_BF16 = 15
};

/* Kinds of components. */
enum { SEMOLA_MODEL = 1, SEMOLA_DATASET = 2, SEMOLA_ACTION = 3 };

/* Splits of a data set. */
enum { SEMOLA_TRAIN = 0, SEMOLA_VALIDATION = 1, SEMOLA_TEST = 2, SEMOLA_SHIFTED = 3 };

/* A text: UTF-8, not zero-terminated. */
typedef struct SemolaStr { const char *data; size_t length; } SemolaStr;
/* Numbers or handles side by side. */
typedef struct SemolaSlice { const void *data; size_t length; } SemolaSlice;

/*
 A component as the manifest lists it.
 */
typedef struct SemolaComponentEntry {
  /*
   A number of Kind.
   */
  uint32_t kind;
  /*
   Its name.
   */
  uint8_t name[44];
} SemolaComponentEntry;

/*
 What can be known of a plugin without running any of it: a fixed-size record without pointers, in a
 section that survives `strip`. Texts are UTF-8 padded with zeros.
 */
typedef struct SemolaManifest {
  /*
   MAGIC.
   */
  uint8_t magic[8];
  /*
   `sizeof(Manifest)`.
   */
  uint32_t manifest_size;
  /*
   `sizeof(HostApi)` as compiled.
   */
  uint32_t host_api_size;
  /*
   `sizeof(Value)` as compiled.
   */
  uint32_t value_size;
  /*
   ABI major: must equal the host's.
   */
  uint16_t abi_major;
  /*
   The lowest host minor that the plugin can run in.
   */
  uint16_t requires_minor;
  /*
   Bit 0: has the Rust entry; bit 1: has the C entry.
   */
  uint64_t flags;
  /*
   Identifier: lower-case letters, digits, `-`, `_`.
   */
  uint8_t id[64];
  /*
   Semantic version of the plugin.
   */
  uint8_t version[32];
  /*
   Who publishes it.
   */
  uint8_t vendor[64];
  /*
   SPDX expression.
   */
  uint8_t licence[64];
  /*
   The exact libtorch that it links ("2.13.0"), or empty: none, the usual case.
   */
  uint8_t libtorch[32];
  /*
   The compiler, for people.
   */
  uint8_t compiler[64];
  /*
   How many of `components` are in use.
   */
  uint32_t component_count;
  /*
   Must be 0.
   */
  uint32_t reserved;
  /*
   Kinds and names.
   */
  struct SemolaComponentEntry components[SEMOLA_MAX_COMPONENTS];
} SemolaManifest;

/*
 0 or a count: success. Negative: failure, with its text in HostApi::last_error.
 */
typedef int32_t SemolaStatus;

/*
 An operator of libtorch's dispatcher, as the host numbers it.
 */
typedef uint64_t SemolaOpId;

/*
 One argument or result of an operator call: 16 bytes, a tag and a payload.

 Deliberately not a Rust enum: tags can be added without changing the layout.
 */
typedef struct SemolaValue {
  /*
   One of tag.
   */
  uint32_t tag;
  /*
   Number of elements for strings and lists, otherwise 0.
   */
  uint32_t len;
  /*
   The payload: a number's bits, a handle, or the address of `len` elements.
   */
  uint64_t bits;
} SemolaValue;

/*
 A tensor handle as it crosses the boundary. 0 means "no tensor". Whether it is borrowed or owned
 is decided by its place: arguments are borrowed, results are owned.
 */
typedef uint64_t SemolaRaw;

/*
 What is known of a tensor without touching its data.
 */
typedef struct SemolaTensorMeta {
  /*
   One of dtype.
   */
  uint8_t dtype;
  /*
   libtorch's device type (0 CPU, 1 CUDA).
   */
  uint8_t device_type;
  /*
   Device index, -1 for "the current one".
   */
  int16_t device_index;
  /*
   Number of dimensions.
   */
  uint32_t ndim;
  /*
   `ndim` sizes, valid as long as the tensor lives.
   */
  const int64_t *sizes;
  /*
   Bit 0: requires a gradient.
   */
  uint64_t flags;
} SemolaTensorMeta;

/*
 The parameter store of one model instance.
 */
typedef uint64_t SemolaParamScope;

/*
 How the host fills a new parameter.
 */
typedef struct SemolaInit {
  /*
   0 constant `a`; 1 uniform in `[a, b)`; 2 normal with mean `a` and standard deviation `b`;
   3 orthogonal with gain `a`.
   */
  uint32_t kind;
  /*
   Must be 0.
   */
  uint32_t reserved;
  /*
   First number of the kind.
   */
  double a;
  /*
   Second number of the kind.
   */
  double b;
} SemolaInit;

/*
 What the host offers to a plugin: the whole boundary in that direction.

 Arguments are borrowed, results are owned. Every function may be called from any thread.
 Fields are only ever added at the end; a field below the last of minor 0 may be absent in an older
 host, which a plugin states with `requires_minor` in its manifest or asks by `struct_size`.
 */
typedef struct SemolaHostApi {
  /*
   `sizeof(HostApi)` in the host that made it.
   */
  uint32_t struct_size;
  /*
   The host's ABI_MINOR.
   */
  uint32_t minor;
  /*
   Name ("aten::add") and overload ("Tensor", or empty) to an operator.
   */
  SemolaStatus (*op_lookup)(SemolaStr, SemolaStr, SemolaOpId*);
  /*
   Calls an operator: arguments, their number, room for results, its size; returns how many came.
   Trailing arguments may be left out where the schema has defaults.
   */
  SemolaStatus (*op_call)(SemolaOpId, const struct SemolaValue*, uint32_t, struct SemolaValue*, uint32_t);
  /*
   Frees the array of a list result; the handles in it have been taken before.
   */
  void (*list_free)(struct SemolaValue);
  /*
   The text of this thread's last failure, valid until the next call on this thread.
   */
  SemolaStr (*last_error)(void);
  /*
   Sets that text: how a plugin reports a failure of its own before returning a negative status.
   */
  void (*set_error)(SemolaStr);
  /*
   One more reference to the same tensor.
   */
  SemolaRaw (*tensor_clone)(SemolaRaw);
  /*
   Gives one reference back.
   */
  void (*tensor_drop)(SemolaRaw);
  /*
   Type, device and shape.
   */
  void (*tensor_meta)(SemolaRaw, struct SemolaTensorMeta*);
  /*
   Copies row-major bytes into a new tensor on the host's device: dtype, shape, bytes, result.
   */
  SemolaStatus (*tensor_from_bytes)(uint8_t, SemolaSlice, SemolaSlice, SemolaRaw*);
  /*
   Copies a tensor's row-major bytes into the buffer given, whose size must be exact.
   */
  SemolaStatus (*tensor_to_bytes)(SemolaRaw, uint8_t*, size_t);
  /*
   Creates, or finds, a parameter or buffer: store, dotted name, shape, initialiser, whether it is
   trained (a parameter) or not (a buffer), result. The host owns it: checkpoints, optimiser, device.
   */
  SemolaStatus (*param_create)(SemolaParamScope, SemolaStr, SemolaSlice, struct SemolaInit, bool, SemolaRaw*);
  /*
   Sets this thread's gradient mode and returns the previous one.
   */
  bool (*grad_mode)(bool);
  /*
   Gradients of the sum of the outputs with respect to the inputs: outputs, inputs, whether the
   result is itself differentiable, room for as many results as inputs.
   */
  SemolaStatus (*autograd_grad)(SemolaSlice, SemolaSlice, bool, SemolaRaw*);
  /*
   One line for the host's log: level (1 error … 5 trace), text.
   */
  void (*log)(uint32_t, SemolaStr);
} SemolaHostApi;

/*
 What `create` gets.
 */
typedef struct SemolaCreateArgs {
  /*
   `sizeof(CreateArgs)` in the host.
   */
  uint32_t struct_size;
  /*
   Must be 0.
   */
  uint32_t reserved;
  /*
   Where a model creates its parameters.
   */
  SemolaParamScope parameters;
  /*
   The options, complete, a JSON object.
   */
  SemolaStr options;
  /*
   The data's DataSpec as JSON; empty for a data set, which makes it.
   */
  SemolaStr spec;
  /*
   JSON of Context.
   */
  SemolaStr context;
} SemolaCreateArgs;

/*
 An instance and the functions of its kind (ModelVtable, DatasetVtable or ActionVtable).
 */
typedef struct SemolaObject {
  /*
   The plugin's own data.
   */
  void *instance;
  /*
   The vtable of the component's kind; lives as long as the process.
   */
  const void *vtable;
} SemolaObject;

/*
 One thing that a plugin offers.
 */
typedef struct SemolaComponent {
  /*
   `sizeof(Component)` in the plugin.
   */
  uint32_t struct_size;
  /*
   A number of Kind.
   */
  uint32_t kind;
  /*
   Unique among the plugin's components of this kind.
   */
  SemolaStr name;
  /*
   One line for people.
   */
  SemolaStr summary;
  /*
   The options with their default values, a JSON object. The host rejects other keys before `create`.
   */
  SemolaStr (*default_options)(void);
  /*
   Makes an instance: what is asked, where the instance goes.
   */
  SemolaStatus (*create)(const struct SemolaCreateArgs*, struct SemolaObject*);
} SemolaComponent;

/*
 What the C entry fills in: the same registry as PluginModule leads to.
 */
typedef struct SemolaCPlugin {
  /*
   In: `sizeof(CPlugin)` in the host. Out: in the plugin.
   */
  uint32_t struct_size;
  /*
   Number of components.
   */
  uint32_t component_count;
  /*
   The components, living as long as the process.
   */
  const struct SemolaComponent *components;
  /*
   The default experiment, TOML; empty when there is none.
   */
  SemolaStr experiment;
  /*
   A capability by name, or null. May itself be null.
   */
  const void *(*query)(SemolaStr);
} SemolaCPlugin;

/*
 A model's functions. Called from one thread at a time.
 */
typedef struct SemolaModelVtable {
  /*
   `sizeof(ModelVtable)` in the plugin.
   */
  uint32_t struct_size;
  /*
   Must be 0.
   */
  uint32_t reserved;
  /*
   Frees the instance.
   */
  void (*drop)(void*);
  /*
   Inputs in the order of the spec (borrowed), their number, 1 for training, room for the predictions
   in the order of the spec's targets (owned by the caller afterwards), its size; returns how many.
   */
  SemolaStatus (*forward)(void*, const SemolaRaw*, uint32_t, uint32_t, SemolaRaw*, uint32_t);
} SemolaModelVtable;

/*
 A data set's functions. Called from one thread at a time.
 */
typedef struct SemolaDatasetVtable {
  /*
   `sizeof(DatasetVtable)` in the plugin.
   */
  uint32_t struct_size;
  /*
   Must be 0.
   */
  uint32_t reserved;
  /*
   Frees the instance.
   */
  void (*drop)(void*);
  /*
   The DataSpec as JSON; the text lives as long as the instance.
   */
  SemolaStatus (*spec)(void*, SemolaStr*);
  /*
   A whole split (0 train, 1 validation, 2 test, 3 shifted): room for inputs, then targets, its size;
   returns how many, 0 when there is no such split.
   */
  SemolaStatus (*split)(void*, uint32_t, SemolaRaw*, uint32_t);
} SemolaDatasetVtable;

/*
 A split in blocks.
 */
typedef struct SemolaExtent {
  /*
   Samples in all blocks.
   */
  uint64_t samples;
  /*
   Blocks.
   */
  uint64_t blocks;
  /*
   Samples in the largest block.
   */
  uint64_t largest;
} SemolaExtent;

/*
 A DatasetVtable with what lies behind it where its `struct_size` is that of this one: splits read in blocks, for
 data larger than memory. A host that does not know it asks for whole splits.
 */
typedef struct SemolaBlockDatasetVtable {
  /*
   All that every data set has; its `struct_size` is `sizeof(BlockDatasetVtable)`.
   */
  struct SemolaDatasetVtable dataset;
  /*
   How many blocks a split has; returns 1, or 0 when it is to be read as a whole, if it exists.
   */
  SemolaStatus (*extent)(void*, uint32_t, struct SemolaExtent*);
  /*
   One block of a split, counted from 0: room for inputs, then targets, its size; returns how many.
   */
  SemolaStatus (*block)(void*, uint32_t, uint64_t, SemolaRaw*, uint32_t);
} SemolaBlockDatasetVtable;

/*
 A group action's functions. Called from one thread at a time.
 */
typedef struct SemolaActionVtable {
  /*
   `sizeof(ActionVtable)` in the plugin.
   */
  uint32_t struct_size;
  /*
   Must be 0.
   */
  uint32_t reserved;
  /*
   Frees the instance.
   */
  void (*drop)(void*);
  /*
   The ActionSpec as JSON; the text lives as long as the instance.
   */
  SemolaStatus (*describe)(void*, SemolaStr*);
  /*
   `g` of shape `[batch, n, n]`, the inputs, their number, room for as many results, its size.
   */
  SemolaStatus (*act)(void*, SemolaRaw, const SemolaRaw*, uint32_t, SemolaRaw*, uint32_t);
  /*
   The same for the targets.
   */
  SemolaStatus (*act_target)(void*, SemolaRaw, const SemolaRaw*, uint32_t, SemolaRaw*, uint32_t);
} SemolaActionVtable;

/* The one function that a plugin in C exports: connects the host, fills in the record, returns 0 or a negative status. */
#ifdef __cplusplus
extern "C"
#endif
__attribute__((visibility("default"))) SemolaStatus semola_plugin_v1(const SemolaHostApi *host, SemolaCPlugin *plugin);

/* Puts a manifest where the host reads it, without running anything: SEMOLA_MANIFEST = { SEMOLA_MANIFEST_HEAD, .id = ... }.
   The flag 2 says that the plugin has the entry above. */
#define SEMOLA_MANIFEST \
  __attribute__((used, section(".semola"))) const SemolaManifest semola_manifest
#define SEMOLA_MANIFEST_HEAD                                                                          \
  {'S', 'E', 'M', 'O', 'L', 'A', 0, 1}, sizeof(SemolaManifest), sizeof(SemolaHostApi),                \
      sizeof(SemolaValue), SEMOLA_ABI_MAJOR, SEMOLA_ABI_MINOR, 2

#endif /* SEMOLA_PLUGIN_H */
