// Makes an ONNX file of the user's own a model of a pack.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/app.h"
#include "base/status.h"

namespace calotype {

struct ImportRequest {
  std::string file;                 // the model
  std::string task;                 // one of kModelTasks
  std::string family;               // how it is fed and read (docs/packs.md)
  std::string name;                 // of the model; empty: derived from the name of the file
  std::string choice;               // its name among the models of the pack for the task, if there are others
  std::string pack = "local";       // created if it does not exist
  std::vector<std::string> extra;   // files that belong to it: a vocabulary, labels, weights
  std::vector<std::string> params;  // parameters of the family, "KEY=VALUE" with the value as TOML writes it
};

struct TensorDescription {
  std::string name;
  std::string type;            // "float32"
  std::vector<int64_t> shape;  // -1: varies
};

struct ImportedModelReport {
  std::string name;
  std::string pack;
  std::string task;
  std::vector<TensorDescription> inputs;
  std::vector<TensorDescription> outputs;
};

// Copies the files into the folder of the pack, loads the model as its task would, and then adds it to the manifest. On
// an error the pack stays as it was.
//   kInvalidArgument     an unknown task, family or parameter; a name that no file can have
//   kAlreadyExists       the pack has another model or file of that name
//   kResourceExhausted   no space for the copies
// and the errors of reading the files and of loading the model.
StatusOr<ImportedModelReport> ImportModel(const App& app, ImportRequest request);

}  // namespace calotype
