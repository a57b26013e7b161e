// The header from C++: the model is missing, and says so.
#include <expressions.h>

#include <cstdio>

int main()
{
    expressions_model *model = nullptr;
    expressions_error error;
    const expressions_status status =
        expressions_model_open(&model, "missing.safetensors", NULL, &error);
    std::puts(error.text);
    return status == EXPRESSIONS_BAD_MODEL && model == nullptr ? 0 : 1;
}
