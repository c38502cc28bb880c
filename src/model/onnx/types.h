/*
 * model/onnx/types.h - element types of tensors, by their numbers in onnx.proto.
 */
#ifndef MODEL_ONNX_TYPES_H
#define MODEL_ONNX_TYPES_H

typedef enum onnx_type {
    ONNX_NONE = 0,
    ONNX_FLOAT = 1,
    ONNX_UINT8 = 2,
    ONNX_INT8 = 3,
    ONNX_INT32 = 6,
    ONNX_INT64 = 7,
    ONNX_STRING = 8,
    ONNX_BOOL = 9,
    ONNX_DOUBLE = 11
} onnx_type;

#endif
