#include "node/shell/http_wire.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* A piece of the head. */
struct span {
    const char *at;
    size_t len;
};

static bool span_is(struct span s, const char *text)
{
    return s.len == strlen(text) && memcmp(s.at, text, s.len) == 0;
}

static bool span_is_name(struct span s, const char *name)
{
    return s.len == strlen(name) && strncasecmp(s.at, name, s.len) == 0;
}

/* Takes what stands before `c`, and `c` itself, off the front; false if there is no `c`. */
static bool cut(struct span *rest, struct span *out, char c)
{
    const char *end = memchr(rest->at, c, rest->len);
    if (!end)
        return false;
    *out = (struct span){rest->at, (size_t)(end - rest->at)};
    rest->len -= out->len + 1;
    rest->at = end + 1;
    return true;
}

/* Takes one line off the front, without its CRLF; false if its end is missing or not CRLF. */
static bool cut_line(struct span *rest, struct span *line)
{
    if (!cut(rest, line, '\n') || line->len == 0 || line->at[line->len - 1] != '\r')
        return false;
    line->len--;
    return true;
}

static bool is_graph(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!isgraph((unsigned char)s.at[i]))
            return false;
    return s.len > 0;
}

static enum itc_http_method method_of(struct span s)
{
    if (span_is(s, "GET"))
        return ITC_HTTP_GET;
    if (span_is(s, "HEAD"))
        return ITC_HTTP_HEAD;
    return span_is(s, "POST") ? ITC_HTTP_POST : ITC_HTTP_OTHER_METHOD;
}

static unsigned parse_request_line(struct itc_http_request *out, struct span line)
{
    struct span method, target, path;
    if (!cut(&line, &method, ' ') || !cut(&line, &target, ' ') || !is_graph(method) ||
        !is_graph(target) || target.at[0] != '/')
        return 400;
    if (line.len != 8 || memcmp(line.at, "HTTP/1.", 7) != 0 || !isdigit((unsigned char)line.at[7]))
        return 505;
    if (!cut(&target, &path, '?'))
        path = target;
    if (path.len >= sizeof out->path)
        return 414;
    memcpy(out->path, path.at, path.len);
    out->path[path.len] = '\0';
    out->method = method_of(method);
    return ITC_HTTP_GOOD;
}

static unsigned parse_length(struct itc_http_request *out, struct span value)
{
    uint64_t length = 0;
    if (value.len == 0)
        return 400;
    for (size_t i = 0; i < value.len; i++) {
        if (!isdigit((unsigned char)value.at[i]))
            return 400;
        if (length <= ITC_HTTP_BODY_MAX)
            length = 10 * length + (uint64_t)(value.at[i] - '0');
    }
    out->body_len = (size_t)length;
    return length <= ITC_HTTP_BODY_MAX ? ITC_HTTP_GOOD : 413;
}

static enum itc_http_type type_of(struct span value)
{
    struct span type;
    if (!cut(&value, &type, ';'))
        type = value;
    while (type.len > 0 && type.at[type.len - 1] == ' ')
        type.len--;
    if (span_is_name(type, "application/json"))
        return ITC_HTTP_JSON;
    return span_is_name(type, "application/octet-stream") ? ITC_HTTP_OCTETS : ITC_HTTP_OTHER_TYPE;
}

static unsigned parse_header(struct itc_http_request *out, bool *length_seen, struct span line)
{
    struct span name;
    if (!cut(&line, &name, ':') || !is_graph(name))
        return 400;
    while (line.len > 0 && (*line.at == ' ' || *line.at == '\t'))
        line = (struct span){line.at + 1, line.len - 1};
    while (line.len > 0 && (line.at[line.len - 1] == ' ' || line.at[line.len - 1] == '\t'))
        line.len--;
    if (span_is_name(name, "Transfer-Encoding"))
        return 411;
    if (span_is_name(name, "Content-Type"))
        out->type = type_of(line);
    if (!span_is_name(name, "Content-Length"))
        return ITC_HTTP_GOOD;
    if (*length_seen)
        return 400;
    *length_seen = true;
    return parse_length(out, line);
}

/* Bytes up to and with the empty line; 0 if it has not come. */
static size_t find_end(const uint8_t *bytes, size_t len)
{
    for (size_t i = 3; i < len; i++)
        if (memcmp(bytes + i - 3, "\r\n\r\n", 4) == 0)
            return i + 1;
    return 0;
}

unsigned itc_http_parse(struct itc_http_request *out, const uint8_t *bytes, size_t len)
{
    size_t seen = len < ITC_HTTP_HEAD_MAX ? len : ITC_HTTP_HEAD_MAX;
    size_t end = find_end(bytes, seen);
    if (end == 0)
        return len < ITC_HTTP_HEAD_MAX ? ITC_HTTP_MORE : 431;

    struct span rest = {(const char *)bytes, end - 2}; /* without the empty line */
    struct span line;
    struct itc_http_request r = {.type = ITC_HTTP_NO_TYPE, .head_len = end, .body = out->body};
    bool length_seen = false;
    unsigned status = cut_line(&rest, &line) ? parse_request_line(&r, line) : 400;
    while (status == ITC_HTTP_GOOD && rest.len > 0)
        status = cut_line(&rest, &line) ? parse_header(&r, &length_seen, line) : 400;
    if (status == ITC_HTTP_GOOD)
        *out = r;
    return status;
}

const char *itc_http_reason(unsigned status)
{
    static const struct {
        unsigned status;
        const char *reason;
    } reasons[] = {
        {200, "OK"},
        {202, "Accepted"},
        {400, "Bad Request"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {411, "Length Required"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {503, "Service Unavailable"},
        {505, "HTTP Version Not Supported"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "Unknown";
}
