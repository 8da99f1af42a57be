#include "ptx.h"

#include <cstdlib>
#include <cstring>

namespace emulator {

namespace {

// The word that follows, of letters, digits, '_' and '$'.
std::string word(const char*& at) {
  while (*at == ' ' || *at == '\t' || *at == '\n') at++;
  const char* begin = at;
  while (isalnum((unsigned char)*at) || *at == '_' || *at == '$') at++;
  return std::string(begin, at);
}

PtxEntry parse_entry(const char* at) {
  PtxEntry entry;
  entry.name = word(at);
  const char* body = strchr(at, '{');
  std::string head(at, body ? body - at : strlen(at));
  for (size_t i = head.find(".param"); i != std::string::npos; i = head.find(".param", i + 1)) {
    std::string type = head.substr(head.find('.', i + 1) + 1, 3);
    std::string rest = head.substr(i, head.find(',', i) - i);
    bool map = rest.find(".align 64 .b8") != std::string::npos && rest.find("[128]") != std::string::npos;
    entry.kinds += map ? 't' : type == "f32" ? 'f' : type == "ali" ? '?' : type[1] == '6' ? 'p' : 'i';
  }
  size_t threads = head.find(".maxntid");
  if (threads != std::string::npos) entry.threads = atoi(head.c_str() + threads + strlen(".maxntid"));
  return entry;
}

}  // namespace

Ptx parse_ptx(const char* text) {
  Ptx ptx;
  const char* version = strstr(text, ".version ");
  const char* target = strstr(text, ".target sm_");
  if (!version || !target) {
    ptx.error = "this is no PTX: it has no .version or no .target";
    return ptx;
  }
  char* dot;
  long major = strtol(version + strlen(".version "), &dot, 10);
  ptx.version = (int)(major * 10 + strtol(dot + 1, nullptr, 10));
  char* behind;
  ptx.target = (int)strtol(target + strlen(".target sm_"), &behind, 10);
  ptx.only_this_target = *behind == 'a';
  for (const char* at = strstr(text, ".entry "); at; at = strstr(at + 1, ".entry ")) {
    ptx.entries.push_back(parse_entry(at + strlen(".entry ")));
  }
  return ptx;
}

}  // namespace emulator
