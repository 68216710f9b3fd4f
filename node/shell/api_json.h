/* api_json.h - bodies of service replies as JSON values. Shell (it uses the heap); any thread, no I/O. */
#ifndef ITC_SHELL_API_JSON_H
#define ITC_SHELL_API_JSON_H

#include "node/shell/api.h"

#include <jansson.h>

/* *out: for the caller to json_decref().
 *   ITC_E_UNKNOWN  a tx of which the node knows nothing; else the codec errors of the reply */
ITC_MUST enum itc_err itc_api_json(json_t **out, const struct itc_api *api,
    const struct itc_api_call *call, const uint8_t *body, size_t len);

#endif
