/*
 * ui_image.h - what an image consists of, for its page: platform, layers, the commands that made them.
 */
#ifndef API_UI_IMAGE_H
#define API_UI_IMAGE_H

#include "ui_api.h"

/* "image": null, or {"reference","digest","platform","layers":[{"digest","size_bytes","command"}]} when the artifact is an image manifest. A manifest or
 * config that cannot be read shows as less, never as an error: the page must open for broken images above all. */
bool ui_add_image(ui_object *o, app *state, arena *a, const meta_node *node, err *e) MUST_USE;

#endif
