/* A plugin in C: a data set and a group action.

   The data: two vectors of the plane go in, a fixed rotation and stretch of each comes out in sum, weaker the longer the
   first one is. Such maps commute with rotations and not with stretches: the symmetry is so(2). Training shows vectors that
   point to the right, within 45 degrees.

   Build: cc -shared -fPIC -O2 -fvisibility=hidden -I plugin-api/include -o librotor.so rotor.c -lm */

#include "semola_plugin.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VECTORS 2
#define TEXT(literal) ((SemolaStr){(literal), sizeof(literal) - 1})

static const double PI = 3.14159265358979323846;
static const SemolaHostApi *host;
/* Operators are looked up once, when the plugin is loaded. */
static SemolaOpId matmul, transpose;

static SemolaStatus fail(const char *text) {
  host->set_error((SemolaStr){text, strlen(text)});
  return -1;
}

static SemolaValue tensor(SemolaRaw handle) { return (SemolaValue){SEMOLA_TENSOR, 0, handle}; }
static SemolaValue integer(int64_t number) { return (SemolaValue){SEMOLA_INT, 0, (uint64_t)number}; }

/* Calls an operator with one result, which the caller owns. */
static SemolaStatus call(SemolaOpId op, const SemolaValue *arguments, uint32_t count, SemolaRaw *result) {
  SemolaValue out = {0, 0, 0};
  SemolaStatus status = host->op_call(op, arguments, count, &out, 1);
  if (status < 0) return status; /* the host has set the text */
  if (status != 1 || out.tag != SEMOLA_TENSOR) return fail("an operator did not return one tensor");
  *result = out.bits;
  return 0;
}

/* --- the data set --- */

typedef struct Data {
  uint64_t seed;
  int samples;
} Data;

static const char SPEC[] =
    "{\"n\": 2,"
    " \"inputs\": [{\"name\": \"x\", \"shape\": [2, 2], \"dtype\": \"f32\", \"representation\": \"vector\"}],"
    " \"targets\": [{\"name\": \"y\", \"shape\": [1, 2], \"dtype\": \"f32\", \"representation\": \"vector\"}],"
    " \"task\": \"regression\","
    " \"reference\": {\"name\": \"so(2)\", \"generators\": [[[0, -1], [1, 0]]]}}";

/* The number behind a key of a flat JSON object. A plugin with more options takes a JSON library. */
static int number_of(SemolaStr json, const char *key, double *number) {
  char text[512], quoted[64];
  if (json.length >= sizeof text) return 0;
  memcpy(text, json.data, json.length);
  text[json.length] = 0;
  snprintf(quoted, sizeof quoted, "\"%s\":", key);
  const char *at = strstr(text, quoted);
  return at && sscanf(at + strlen(quoted), "%lf", number) == 1;
}

/* SplitMix64, in [0, 1). */
static double uniform(uint64_t *state) {
  uint64_t bits = (*state += 0x9e3779b97f4a7c15u);
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9u;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebu;
  return (double)((bits ^ (bits >> 31)) >> 11) / 9007199254740992.0;
}

static void data_drop(void *self) { free(self); }

static SemolaStatus data_spec(void *self, SemolaStr *out) {
  (void)self;
  *out = TEXT(SPEC);
  return 0;
}

static SemolaStatus data_split(void *self, uint32_t split, SemolaRaw *out, uint32_t capacity) {
  const Data *data = self;
  if (capacity < 2) return fail("rotor: the host has no room for two fields");
  const int samples = split == SEMOLA_TRAIN ? data->samples : (data->samples + 3) / 4;
  const double spread = split == SEMOLA_SHIFTED ? PI : PI / 4;
  static const double coefficients[VECTORS][2] = {{0.8, 0.5}, {-0.4, 0.9}};
  float *x = malloc(sizeof(float) * 2 * VECTORS * samples), *y = malloc(sizeof(float) * 2 * samples);
  if (!x || !y) {
    free(x), free(y);
    return fail("rotor: out of memory");
  }
  uint64_t state = data->seed ^ (split + 1) * 0x9e3779b97f4a7c15u;
  for (int s = 0; s < samples; s++) {
    double sum[2] = {0, 0}, turn = spread * (2 * uniform(&state) - 1);
    for (int v = 0; v < VECTORS; v++) {
      const double angle = turn + 0.6 * (uniform(&state) - 0.5), length = 0.5 + uniform(&state);
      const double a = length * cos(angle), b = length * sin(angle);
      sum[0] += coefficients[v][0] * a - coefficients[v][1] * b;
      sum[1] += coefficients[v][1] * a + coefficients[v][0] * b;
      x[2 * (VECTORS * s + v)] = (float)a, x[2 * (VECTORS * s + v) + 1] = (float)b;
    }
    const float *first = &x[2 * VECTORS * s];
    const double weaker = 1 / (1 + first[0] * first[0] + first[1] * first[1]);
    y[2 * s] = (float)(weaker * sum[0]), y[2 * s + 1] = (float)(weaker * sum[1]);
  }
  const int64_t x_shape[] = {samples, VECTORS, 2}, y_shape[] = {samples, 1, 2};
  SemolaStatus status = host->tensor_from_bytes(SEMOLA_F32, (SemolaSlice){x_shape, 3},
                                                (SemolaSlice){x, sizeof(float) * 2 * VECTORS * samples}, &out[0]);
  if (status >= 0) {
    status = host->tensor_from_bytes(SEMOLA_F32, (SemolaSlice){y_shape, 3}, (SemolaSlice){y, sizeof(float) * 2 * samples},
                                     &out[1]);
    if (status < 0) host->tensor_drop(out[0]); /* on failure nothing is handed over */
  }
  free(x), free(y);
  return status < 0 ? status : 2;
}

static const SemolaDatasetVtable DATA = {sizeof DATA, 0, data_drop, data_spec, data_split};

static SemolaStr data_options(void) { return TEXT("{\"samples\": 2000}"); }

static SemolaStatus data_create(const SemolaCreateArgs *args, SemolaObject *out) {
  double samples = 0, seed = 0;
  if (!number_of(args->options, "samples", &samples) || samples < 1 || samples > 1e6)
    return fail("rotor: samples is out of range, expected 1 to 1000000");
  number_of(args->context, "seed", &seed);
  Data *data = malloc(sizeof *data);
  if (!data) return fail("rotor: out of memory");
  *data = (Data){(uint64_t)seed, (int)samples};
  *out = (SemolaObject){data, &DATA};
  return 0;
}

/* --- the action: linear maps of the plane on rows of vectors --- */

static void action_drop(void *self) { (void)self; }

static SemolaStatus action_describe(void *self, SemolaStr *out) {
  (void)self;
  *out = TEXT("{\"n\": 2, \"reference\": {\"name\": \"so(2)\", \"generators\": [[[0, -1], [1, 0]]]}}");
  return 0;
}

/* x gT for each field. */
static SemolaStatus action_act(void *self, SemolaRaw g, const SemolaRaw *fields, uint32_t count, SemolaRaw *out,
                               uint32_t capacity) {
  (void)self;
  if (capacity < count) return fail("plane: the host has no room for the moved fields");
  SemolaRaw transposed;
  const SemolaValue swap[] = {tensor(g), integer(1), integer(2)};
  SemolaStatus status = call(transpose, swap, 3, &transposed);
  if (status < 0) return status;
  uint32_t done = 0;
  for (; done < count && status >= 0; done += status >= 0) {
    const SemolaValue product[] = {tensor(fields[done]), tensor(transposed)};
    status = call(matmul, product, 2, &out[done]);
  }
  host->tensor_drop(transposed);
  if (status < 0) {
    while (done > 0) host->tensor_drop(out[--done]);
    return status;
  }
  return (SemolaStatus)count;
}

static const SemolaActionVtable ACTION = {sizeof ACTION, 0, action_drop, action_describe, action_act, action_act};

static SemolaStr no_options(void) { return TEXT("{}"); }

static SemolaStatus action_create(const SemolaCreateArgs *args, SemolaObject *out) {
  (void)args;
  *out = (SemolaObject){NULL, &ACTION};
  return 0;
}

/* --- the plugin --- */

static const char EXPERIMENT[] =
    "[dataset]\ncomponent = \"rotor/rotor\"\n[action]\ncomponent = \"rotor/plane\"\n"
    "[model]\ncomponent = \"mlp/mlp\"\n[training]\nsteps = 1500\n";

SEMOLA_MANIFEST = {SEMOLA_MANIFEST_HEAD,
                   .id = "rotor",
                   .version = "0.1.0",
                   .vendor = "The semola-host authors",
                   .licence = "MIT OR Apache-2.0",
                   .compiler = "C " __VERSION__,
                   .component_count = 2,
                   .components = {{SEMOLA_DATASET, "rotor"}, {SEMOLA_ACTION, "plane"}}};

static SemolaComponent components[] = {
    {sizeof(SemolaComponent), SEMOLA_DATASET, {"rotor", 5}, {"rotated and stretched vectors", 29}, data_options, data_create},
    {sizeof(SemolaComponent), SEMOLA_ACTION, {"plane", 5}, {"linear maps of the plane", 24}, no_options, action_create},
};

SemolaStatus semola_plugin_v1(const SemolaHostApi *api, SemolaCPlugin *plugin) {
  host = api;
  if (host->op_lookup(TEXT("aten::matmul"), TEXT(""), &matmul) < 0) return -1;
  if (host->op_lookup(TEXT("aten::transpose"), TEXT("int"), &transpose) < 0) return -1;
  *plugin = (SemolaCPlugin){sizeof *plugin, 2, components, TEXT(EXPERIMENT), NULL};
  return 0;
}
