/*
 * format/tensorrt/tensorrt.c - an engine of TensorRT: code for one kind of graphics card, which nobody but TensorRT can read.
 */
#include "tensorrt/tensorrt.h"

#include "nested.h"

static bool sniff(const format_input *in)
{
    str text = bytes_str(in->content);
    return text.len > 24 && (str_starts_with(text, STR("ptrt")) || str_starts_with(text, STR("ftrt")));
}

static bool read(const format_input *in, report *r, err *e)
{
    remark m = {.code = "MDL-TRT-001",
                .severity = SEVERITY_MEDIUM,
                .advice =
                    "Build the engine from an ONNX model that was scanned, on the machine that uses it."};
    return nested_also_pickle(in, r, "MDL-TRT-001", e) &&
           nested_say(
               r, &m,
               STR("The file is a TensorRT engine: code for a graphics card, which cannot be looked into"),
               e) &&
           report_fact(r, STR("framework"), STR("tensorrt"), e);
}

const model_format format_tensorrt = {
    .name = "tensorrt", .title = "TensorRT engine", .sniff = sniff, .read = read};
