#include "model_file.h"

#include <stdio.h>

const struct model_file_note model_file_notes[MODEL_FILE_NOTES] = {
    {"training_data", offsetof(struct model_notes, training_data)},
    {"recipe", offsetof(struct model_notes, recipe)},
    {"seed", offsetof(struct model_notes, seed)},
    {"accuracy", offsetof(struct model_notes, accuracy)},
    {"date", offsetof(struct model_notes, date)},
    {"licence", offsetof(struct model_notes, licence)},
};

const char *model_file_prefix(char prefix[MODEL_FILE_PREFIX_SIZE], int network)
{
    snprintf(prefix, MODEL_FILE_PREFIX_SIZE, "networks.%d.", network);
    return prefix;
}

void model_file_tensor(char name[MODEL_FILE_NAME_SIZE], const char *prefix, int layer,
                       const char *part)
{
    snprintf(name, MODEL_FILE_NAME_SIZE, "%slayers.%d.%s", prefix, layer, part);
}

const char *model_file_classes(char classes[MODEL_FILE_CLASSES_SIZE], const struct model *model)
{
    size_t used = 0;
    for (int i = 0; i < model->class_count; i++)
        used += (size_t)snprintf(classes + used, MODEL_FILE_CLASSES_SIZE - used, "%s%s",
                                 i ? "," : "", model->class_names[i]);
    return classes;
}
