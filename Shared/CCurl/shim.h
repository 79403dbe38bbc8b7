#ifndef CITYCOOP_CCURL_SHIM_H
#define CITYCOOP_CCURL_SHIM_H

#include <curl/curl.h>

// curl_easy_setopt and curl_easy_getinfo are variadic, and Swift calls no variadic C: one wrapper per argument type.
static inline CURLcode citycoop_curl_set_long(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode citycoop_curl_set_string(CURL *handle, CURLoption option, const char *value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode citycoop_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
  return curl_easy_setopt(handle, option, value);
}
typedef size_t (*citycoop_curl_write)(char *bytes, size_t size, size_t count, void *context);
static inline CURLcode citycoop_curl_set_write(CURL *handle, citycoop_curl_write write) {
  return curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, write);
}
static inline CURLcode citycoop_curl_get_long(CURL *handle, CURLINFO info, long *value) {
  return curl_easy_getinfo(handle, info, value);
}

#endif
