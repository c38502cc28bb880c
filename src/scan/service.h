/*
 * scan/service.h - what the files of the service share.
 */
#ifndef SCAN_SERVICE_H
#define SCAN_SERVICE_H

#include "holder.h"
#include "scan/scan.h"

#include <pthread.h>

enum { SCAN_THREADS = 2 }; /* LIMIT_SCAN_CHILDREN, as the size of an array */

struct scan_service {
    scan_config config;
    advisory_holder *advisories;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* something was queued, some scan ended, or the service stops */
    bool is_stopping;
    pthread_t scanners[SCAN_THREADS], rematcher;
    size_t scanner_count;
    bool has_rematcher;
};

/* Tell the waiting threads that the queue or a scan's state is not what it was. */
void service_wake(scan_service *s);
bool service_is_stopping(scan_service *s);
/* Wait for that, at most so long. False when the service stops. */
bool service_wait(scan_service *s, uint64_t timeout_ms);

/* The part of one blob: from the store if this scanner version made it, else by a child now. */
bool service_part(scan_service *s, digest sha256, str path, json_t **part, err *e) MUST_USE;
/* ... read by a child, whatever the store says. */
bool service_scan_blob(scan_service *s, digest sha256, str path, json_t **part, err *e) MUST_USE;
bool service_is_image(str mime);
/* An image's manifest, or an index of manifests: the target merged from its layers' parts. */
bool service_image(scan_service *s, digest manifest, str path, json_t **target, err *e) MUST_USE;
/* Its layers' parts do not count any more: the next scan of the image reads them again. */
bool service_image_forget(scan_service *s, digest manifest, err *e) MUST_USE;
/* Match what was judged by other advisories than these again, without reading a blob. */
void *service_rematch_main(void *service);

#endif
