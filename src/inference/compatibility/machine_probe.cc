#include "inference/compatibility/machine_probe.h"

#include "inference/compatibility/elf_needed.h"

namespace calotype {

MachineFacts ProbeMachine(const std::filesystem::path& onnxruntime) {
  LibrarySearch search = SystemLibrarySearch();
  const std::filesystem::path folder = RuntimeFolder(onnxruntime, search);
  search.preloaded = CudaFoldersBeside(folder);
  MachineFacts facts{.cpu = ReadCpuFacts(),
                     .nvidia = ReadNvidiaFacts(),
                     .provider = ReadProviderFacts(folder, "", search),
                     .cuda = {}};
  facts.cuda = CudaVerdict(facts.provider, facts.nvidia);
  return facts;
}

}  // namespace calotype
