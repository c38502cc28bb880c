/*
 * cli/scan_export.h - the scan document in the languages of others. Private to cli.
 *
 * Same document, same bytes: no clock and no chance in either, so that two runs can be compared.
 */
#ifndef CLI_SCAN_EXPORT_H
#define CLI_SCAN_EXPORT_H

#include "codec/json.h"

/* SARIF 2.1.0 (OASIS, errata 01): a rule for each code or advisory, a result for each finding. */
bool scan_to_sarif(const json_t *document, json_t **log, err *e) MUST_USE;
/* CycloneDX 1.6: a component for each target (machine-learning-model with its card where it is one), what is inside, and vulnerabilities. */
bool scan_to_cyclonedx(const json_t *document, json_t **bom, err *e) MUST_USE;

/* The path of a target as a URI reference: "a b.pkl" is "a%20b.pkl". */
str scan_uri_of(arena *a, str path);
/* The identity of a finding, for tools that follow it over time: hex. It leaves out where exactly it stands, since files grow and move. */
bool scan_fingerprint(const json_t *finding, unsigned ordinal, buf *hex, err *e) MUST_USE;

#endif
