/*
 * base/limits.h - every limit of Assay, with its unit and the reason for its number.
 *
 * Meeting a limit is an error whose message names the limit. docs/limits.md is generated from this table
 * (scripts/docs-tables.py). Add a row; never write a number of this kind elsewhere.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#define KIB (1024ull)
#define MIB (1024ull * KIB)
#define GIB (1024ull * MIB)

/* clang-format off */
#define LIMITS(X)                                                                                                                   \
    X(LIMIT_HTTP_HEAD_BYTES,        "bytes",   32 * KIB,   "larger than any real client's head, small enough for thousands of connections") \
    X(LIMIT_HTTP_PATH_BYTES,        "bytes",   4 * KIB,    "file systems and other registries stop at or before this")               \
    X(LIMIT_HTTP_BODY_SMALL_BYTES,  "bytes",   8 * MIB,    "an image manifest may have 4 MiB; JSON documents stay far below")        \
    X(LIMIT_HTTP_CONNECTIONS,       "count",   4096,       "idle ones cost memory only; the usual descriptor limit allows it")       \
    X(LIMIT_HTTP_WORKERS,           "threads", 16,         "workers wait for disks, not for cores")                                  \
    X(LIMIT_HTTP_QUEUE,             "count",   1024,       "requests that wait for a worker; beyond that the client is told to retry") \
    X(LIMIT_HTTP_IDLE_S,            "seconds", 60,         "a connection that says nothing for so long is closed")                   \
    X(LIMIT_HTTP_SLOW_S,            "seconds", 60,         "a whole head, or a small body (plus a second per 32 KiB), must be there after so long, however the bytes drip") \
    X(LIMIT_HTTP_SLOW_CROWDED_S,    "seconds", 5,          "the same when three quarters of the connections are taken: room for those who ask") \
    X(LIMIT_HTTP_UPLOADS,           "count",   256,        "spooled bodies at once; each has two spool buffers")                     \
    X(LIMIT_HTTP_SPOOL_BYTES,       "bytes",   256 * KIB,  "one spool buffer: larger ones are not faster, measured")                 \
    X(LIMIT_HTTP_DRAIN_BYTES,       "bytes",   256 * KIB,  "a refused body so small that reading it is cheaper than a new connection") \
    X(LIMIT_HTTP_LINGER_BYTES,      "bytes",   128 * MIB,  "what a client may still send after its upload was refused half-way")     \
    X(LIMIT_HTTP_LINGER_S,          "seconds", 5,          "how long it may be silent then")                                         \
    X(LIMIT_METRICS_BYTES,          "bytes",   4 * MIB,    "all counters of all routes, statuses and buckets")                       \
    X(LIMIT_CONFIG_BYTES,           "bytes",   64 * KIB,   "a configuration file is a page of text")                                 \
    X(LIMIT_JSON_DOC_BYTES,         "bytes",   8 * MIB,    "the same as a small body")                                               \
    X(LIMIT_JSON_DEPTH,             "levels",  64,         "no real document is deeper")                                             \
    X(LIMIT_BLOB_BYTES,             "bytes",   1024 * GIB, "a terabyte: larger than any published model file")                       \
    X(LIMIT_NAME_BYTES,             "bytes",   255,        "one component of a path, as on common file systems")                     \
    X(LIMIT_PATH_BYTES,             "bytes",   1024,       "a whole artifact path")                                                  \
    X(LIMIT_PROPERTIES,             "count",   256,        "properties of one artifact")                                             \
    X(LIMIT_PROPERTY_BYTES,         "bytes",   2400,       "one value, as the reference server allows")                              \
    X(LIMIT_PAGE_ROWS,              "rows",    1000,       "one page of any listing")                                                \
    X(LIMIT_REQUEST_ARENA_BYTES,    "bytes",   64 * MIB,   "memory of one request")                                                  \
    X(LIMIT_CHILDREN,               "count",   64,         "sandboxed children of all roles at once on one node")                    \
    X(LIMIT_CHILD_REQUEST_BYTES,    "bytes",   8 * KIB,    "role and arguments of one child; a path of LIMIT_PATH_BYTES fits well")  \
    X(LIMIT_SCAN_ARENA_BYTES,       "bytes",   1024 * MIB, "memory of one scan child")                                               \
    X(LIMIT_SCAN_SECONDS,           "seconds", 600,        "wall time of one scan child; afterwards the scan is incomplete")         \
    X(LIMIT_SCAN_CHILDREN,          "count",   2,          "scan children at once on one node")                                      \
    X(LIMIT_SCAN_REPORT_BYTES,      "bytes",   64 * MIB,   "a child's whole report")                                                 \
    X(LIMIT_SCAN_SMALL_BYTES,       "bytes",   256 * KIB,  "files up to here share a child, which starts in half a millisecond")    \
    X(LIMIT_SCAN_HASH_BYTES,        "bytes",   1024 * MIB, "assay scan hashes larger files only with --hash: about a second of reading") \
    X(LIMIT_SCAN_BUNDLE_BYTES,      "bytes",   8 * MIB,    "what one child is given at once")                                       \
    X(LIMIT_SCAN_BUNDLE_FILES,      "count",   512,        "the same, in files: a child then costs less than what it does")         \
    X(LIMIT_SCAN_FINDINGS,          "count",   10000,      "findings kept of one blob; the rest is counted")                         \
    X(LIMIT_SCAN_COMPONENTS,        "count",   200000,     "components of one blob")                                                 \
    X(LIMIT_ARCHIVE_DEPTH,          "levels",  8,          "archives within archives")                                               \
    X(LIMIT_ARCHIVE_MEMBERS,        "count",   1000000,    "members of one archive, all levels")                                     \
    X(LIMIT_ARCHIVE_MEMBER_BYTES,   "bytes",   256 * MIB,  "one member that has to be held in memory to be understood")              \
    X(LIMIT_ARCHIVE_TOTAL_BYTES,    "bytes",   64 * GIB,   "everything unpacked from one blob")                                      \
    X(LIMIT_ARCHIVE_RATIO,          "times",   1000,       "unpacked to packed, from 64 MiB on: beyond that it is a bomb")           \
    X(LIMIT_TAR_HEADER_BYTES,       "bytes",   1 * MIB,    "a long name or pax header; the engines that unpack layers stop here too") \
    X(LIMIT_PICKLE_NODES,           "count",   64000000,   "values that one pickle may build")                                       \
    X(LIMIT_PICKLE_STACK,           "count",   16000000,   "values on a pickle's stack; honest writers batch by a thousand")         \
    X(LIMIT_PICKLE_MEMO,            "count",   16000000,   "memo indexes; beyond it only a few scattered ones are kept")             \
    X(LIMIT_MODEL_UNPACKED_BYTES,   "bytes",   2 * GIB,    "a compressed model, which has to be held in memory to be read")          \
    X(LIMIT_PICKLE_CALLS_SHOWN,     "count",   500,        "lines of the call graph kept for people")                                \
    X(LIMIT_YAML_NODES,             "count",   1000000,    "values of a YAML document with its aliases written out")                 \
    X(LIMIT_YAML_TAGS,              "count",   100,        "tags of one YAML text that are told")                                    \
    X(LIMIT_XML_DEPTH,              "levels",  5000,       "a decision tree in PMML nests as deep as the tree is")                   \
    X(LIMIT_SOURCE_BYTES,           "bytes",   2 * MIB,    "a source or configuration file that people wrote; longer ones are data") \
    X(LIMIT_MODEL_JSON_BYTES,       "bytes",   128 * MIB,  "a model written as JSON: each number takes ten times its text in memory") \
    X(LIMIT_MODEL_JSON_DEPTH,       "levels",  512,        "an estimator of estimators takes a handful of levels for each")          \
    X(LIMIT_UBJSON_MEMBERS,         "count",   1000,       "members of one object of a UBJSON model; names are compared pairwise")   \
    X(LIMIT_TENSORS_SHOWN,          "count",   20000,      "tensors told one by one; the largest published models have a few thousand") \
    X(LIMIT_MODEL_FACTS,            "count",   500,        "facts of one model that it can be found by; the document has all")       \
    X(LIMIT_TENSOR_RANK,            "count",   64,         "dimensions of one tensor, as numpy has them at most")                    \
    X(LIMIT_HDF5_STEPS,             "count",   20000000,   "messages, names and records followed in one HDF5 file; a model of a thousand layers has some ten thousand") \
    X(LIMIT_ADVISORY_JSON_BYTES,    "bytes",   16 * MIB,   "one advisory record")                                                    \
    X(LIMIT_ADVISORY_ZIP_BYTES,     "bytes",   4 * GIB,    "one bulk export of an ecosystem")                                        \
    X(LIMIT_ADVISORY_INDEX_BYTES,   "bytes",   2 * GIB,    "one index of advisories; its offsets have 32 bits")                      \
    X(LIMIT_CSV_BYTES,              "bytes",   4 * GIB,    "one training table")                                                     \
    X(LIMIT_TABLE_COLUMNS,          "count",   100000,     "columns of one table; names are compared pairwise")                      \
    X(LIMIT_TABLE_CELLS,            "count",   400000000,  "cells of one table: sixteen bytes of memory each")                       \
    X(LIMIT_MODEL_BYTES,            "bytes",   16 * GIB,   "a model file written by training, or read to be served")                 \
    X(LIMIT_MODEL_DEPTH,            "levels",  16,         "estimators within estimators: a search of a pipeline of a union takes five") \
    X(LIMIT_MODEL_PARTS,            "count",   100000,     "estimators of one model, all levels; a bag has hundreds")                \
    X(LIMIT_SPLINE_OUTPUTS,         "count",   1000,       "splines of one column; people take five to twenty")                   \
    X(LIMIT_MODEL_NUMBERS,          "count",   2000000000, "numbers of one model's arrays: eight bytes of memory each")              \
    X(LIMIT_MODEL_FEATURES,         "count",   4194304,    "columns between the steps of a model; hashed words are 2^20 by default")  \
    X(LIMIT_MODEL_NGRAM,            "count",   64,         "words or characters of one token; beyond five there is little to learn") \
    X(LIMIT_POLYNOMIAL_DEGREE,      "count",   32,         "the degree of polynomial features; three is much")                       \
    X(LIMIT_FOREST_TREES,           "count",   100000,     "trees of one forest; real ones have hundreds")                           \
    X(LIMIT_TRAIN_ARENA_BYTES,      "bytes",   8 * GIB,    "a training table in memory, with its weights")                           \
    X(LIMIT_PRESORTED_BYTES,        "bytes",   1 * GIB,    "features kept in order while a tree grows, per thread; larger tables are sorted node by node") \
    X(LIMIT_FOREST_NODES,           "count",   400000000,  "nodes of one forest")                                                    \
    X(LIMIT_FOREST_OUTPUTS,         "count",   10000,      "what a row of one forest is asked for at once")                          \
    X(LIMIT_FOREST_VALUES,          "count",   2000000000, "numbers in the nodes of one tree: eight bytes of memory each")           \
    X(LIMIT_PREDICT_ANSWER_BYTES,   "bytes",   256 * MIB,  "probabilities of that many rows and of many classes, as text")           \
    X(LIMIT_SERVE_MEMORY_BYTES,     "bytes",   32 * GIB,   "anonymous memory of one serving process")                                \
    X(LIMIT_PREDICT_ROWS,           "rows",    100000,     "rows of one prediction request")                                         \
    X(LIMIT_SERVE_MODELS,           "count",   64,         "models and versions of one model server")                                \
    X(LIMIT_DRIFT_FEATURES,         "count",   256,        "features of a served model whose drift is counted: Prometheus keeps a series per bin") \
    X(LIMIT_INLINE_BODY_BYTES,      "bytes",   16 * KIB,   "a larger prediction request is a worker's: it may take as long as many small ones") \
    X(LIMIT_PASSWORD_BYTES,         "bytes",   512,        "Argon2 reads all of it")                                                 \
    X(LIMIT_IMAGE_DESCRIPTORS,      "count",   16384,      "blobs or manifests that one image manifest or index refers to")          \
    X(LIMIT_IMAGE_LIST_BYTES,       "bytes",   3 * MIB,    "one page of referrers; clients stop reading at 4 MiB")                   \
    X(LIMIT_REGISTRY_TOKEN_S,       "seconds", 3600,       "life of a Docker client's token: no push may outlive it, nothing longer does") \
    X(LIMIT_REGISTRY_SCOPE_BYTES,   "bytes",   4096,       "what one Docker client's token may be good for, as text")                \
    X(LIMIT_UPLOAD_HOURS,           "hours",   24,         "an unfinished upload that nobody continued for so long is removed")      \
    X(LIMIT_UPLOADS_PARKED,         "count",   256,        "unfinished uploads whose running hash is kept in memory; others are read again") \
    X(LIMIT_TOKEN_DAYS,             "days",    365,        "the longest life of a token that ends at all")
/* clang-format on */

#define LIMIT_ENUM(name, unit, number, reason) name = (number),
enum limit { LIMITS(LIMIT_ENUM) };
#undef LIMIT_ENUM

#endif
