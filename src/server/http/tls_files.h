// The files of a TLS certificate.
#pragma once

#include <string>

namespace calotype {

struct TlsFiles {
  std::string certificate;  // PEM, with the intermediate certificates
  std::string key;          // PEM
};

}  // namespace calotype
