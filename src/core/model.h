/* A model: how a crop is aligned and described, the networks, the class names, and where it all
 * comes from. */
#ifndef MODEL_H
#define MODEL_H

#include "align.h"
#include "error.h"
#include "feature_vector.h"
#include "mirror_layer.h"
#include "mlp.h"
#include "verifier.h"

enum {
    MODEL_MAX_NETWORKS = 4, /* networks that are averaged, at most */
    MODEL_MAX_CLASSES = 64,
    MODEL_CLASS_NAME_SIZE = 32,
    MODEL_NOTE_SIZE = 768
};

#define MODEL_MAX_ENLARGE 2.0f

/* Facts about the training that the file holds for a person to read, as text. */
struct model_notes {
    char training_data[MODEL_NOTE_SIZE]; /* "FER2013 Training 28709, PublicTest 3589" */
    char recipe[MODEL_NOTE_SIZE];        /* options that made it */
    char seed[MODEL_NOTE_SIZE];
    char accuracy[MODEL_NOTE_SIZE]; /* "61.3 % on PublicTest" */
    char date[MODEL_NOTE_SIZE];     /* "2026-11-23" */
    char licence[MODEL_NOTE_SIZE];
};

/* One vector of the crop, and the perceptron that reads it. */
struct network {
    struct features features;          /* with a dictionary of its own */
    struct mlp mlp;                    /* without batch normalization */
    struct mirror_layer *mirror_layer; /* from model_prepare; NULL where there is none */
};

struct model {
    int width, height;   /* of the crop, pixels; those of each network's features */
    struct mlp aligner;  /* without parameters: crops are taken as they are */
    float enlarge;       /* factor by which aligned faces are enlarged; 0: they are not */
    struct mlp verifier; /* without parameters: every crop counts as a face */
    int network_count;
    struct network networks[MODEL_MAX_NETWORKS]; /* the answer is the mean of theirs */
    int class_count;
    char class_names[MODEL_MAX_CLASSES][MODEL_CLASS_NAME_SIZE];
    float prior[MODEL_MAX_CLASSES]; /* shares of the classes that the answers assume, sum 1; all 0:
                                     * not stated */
    bool mirror; /* whether an answer averages over the crop and its mirror image */
    struct model_notes notes;
};

/* Read and write safetensors files. Every shape and bound is checked before memory is taken. The
 * caller frees a loaded model with model_free. Weights are stored as 16-bit floats. What cannot be
 * loaded for another reason than memory is an ERROR_BAD_MODEL. */
int model_load(struct model *model, const char *path, struct error *error);
int model_save(const struct model *model, const char *path, struct error *error);
void model_free(struct model *model);

/* To be called once, when dictionaries and weights are complete: makes what all workspaces share.
 * model_load does it. */
int model_prepare(struct model *model, struct error *error);

/* Checks that the model names the seven expressions in their order, for 48x48 crops, as the library
 * needs; if not, that is an ERROR_BAD_MODEL. */
int model_check_faces(const struct model *model, const char *path, struct error *error);

/* Makes the answers assume these shares, prior[K], positive, sum 1: each class's probability is
 * multiplied by its new share over its old one, in the biases of the last layers (Saerens et al.
 * 2002). An ERROR_BAD_MODEL, which changes nothing, if it states no prior or its outputs are not
 * softmax. `path` is for the message. */
int model_set_prior(struct model *model, const float *prior, const char *path, struct error *error);

/* One thread's scratch memory for up to `capacity` crops at once. The model must be prepared. */
struct model_workspace;

int model_workspace_create(struct model_workspace **workspace, const struct model *model,
                           int capacity, struct error *error);
void model_workspace_free(struct model_workspace **workspace);

/* Whether answers average over the crop and its mirror image, where the model does so. */
void model_workspace_set_mirror(struct model_workspace *workspace, bool on);

/* What the networks see of a crop: the face that align_find found, enlarged; without an aligner,
 * affine_identity. */
void model_align(const struct model *model, struct model_workspace *workspace, const uint8_t *crop,
                 struct affine *face);

/* How sure the model is that a crop shows a face: see verifier_score; without a verifier, 1. */
float model_verify(const struct model *model, struct model_workspace *workspace,
                   const uint8_t *crop);

/* crops: count x height x width bytes; probabilities: count x K, each row sums to 1. Any count;
 * batches of the workspace's capacity. Each crop is aligned first where the model has an aligner.
 * A row is the mean over the networks and, with model->mirror, over the crop and its mirror
 * image. */
void model_predict(const struct model *model, struct model_workspace *workspace,
                   const uint8_t *crops, int count, float *probabilities);

#endif
