// Runs a libFuzzer target where there is no libFuzzer: every seed file, then mutations of them from a fixed
// random sequence. Usage: fuzz_NAME [-runs=N] [-seed=N] [-max_total_time=SECONDS] FILE_OR_FOLDER...
// An input that crashes is left in ./crash-input; give it as FILE. With a time, mutations go on until it is over.

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" const char* __asan_default_options();
extern "C" const char* __ubsan_default_options();
// A finding must end in SIGABRT, so that keep_input() runs.
const char* __asan_default_options() {
    return "abort_on_error=1";
}
const char* __ubsan_default_options() {
    return "abort_on_error=1:print_stacktrace=1";
}

namespace {

constexpr std::size_t max_input = 64 * 1024;
std::string current; // the input being run

void keep_input(int) {
    if (std::FILE* file = std::fopen("crash-input", "wb")) {
        std::fwrite(current.data(), 1, current.size(), file);
        std::fclose(file);
        std::fputs("the input is in ./crash-input\n", stderr);
    }
}

void run(std::string input) {
    current = std::move(input);
    const std::vector<std::uint8_t> copy(current.begin(),
                                         current.end()); // its own block: reading past it is seen
    LLVMFuzzerTestOneInput(copy.data(), copy.size());
}

class Mutator {
  public:
    Mutator(const std::vector<std::string>& seeds, unsigned seed) : seeds_(seeds), random_(seed) {}

    std::string next() {
        std::string input = seeds_[below(seeds_.size())];
        for (std::size_t i = 1 + below(4); i > 0; --i)
            change(input);
        if (input.size() > max_input) input.resize(max_input);
        return input;
    }

  private:
    std::size_t below(std::size_t limit) { return limit == 0 ? 0 : random_() % limit; }

    // A few octets out of any seed, so that the words of the protocol meet in new orders.
    std::string fragment() {
        const std::string& other = seeds_[below(seeds_.size())];
        return other.substr(below(other.size()), 1 + below(32));
    }

    void change(std::string& input) {
        static constexpr char odd[] = "\r\n.\0 <>@:=+\"\\-\xff\x80\x7f";
        const std::size_t at = below(input.size() + 1);
        switch (below(7)) {
        case 0:
            if (at < input.size()) input[at] = static_cast<char>(input[at] ^ (1 << below(8)));
            break;
        case 1: input.insert(at, 1, odd[below(sizeof odd - 1)]); break;
        case 2: input.insert(at, 1, static_cast<char>(below(256))); break;
        case 3: input.erase(at, 1 + below(8)); break;
        case 4: input.insert(at, fragment()); break;
        case 5: input.replace(at, below(16), fragment()); break;
        case 6: input.insert(at, input.substr(at, 1 + below(1 + input.size() / 4))); break;
        }
    }

    const std::vector<std::string>& seeds_;
    std::mt19937 random_;
};

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

} // namespace

int main(int argc, char** argv) {
    unsigned long runs = 0, seed = 1, seconds = 0;
    std::vector<std::filesystem::path> files;
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        if (argument.starts_with("-runs=")) {
            runs = std::stoul(std::string(argument.substr(6)));
        } else if (argument.starts_with("-seed=")) {
            seed = std::stoul(std::string(argument.substr(6)));
        } else if (argument.starts_with("-max_total_time=")) {
            seconds = std::stoul(std::string(argument.substr(16)));
        } else if (std::filesystem::is_directory(argument)) {
            for (const auto& entry : std::filesystem::directory_iterator(argument))
                if (entry.is_regular_file()) files.push_back(entry.path());
        } else {
            files.emplace_back(argument);
        }
    }
    std::sort(files.begin(), files.end()); // the same sequence on every machine
    std::vector<std::string> seeds;
    for (const auto& file : files)
        seeds.push_back(read_file(file));
    if (seeds.empty()) {
        std::fprintf(stderr, "%s: no seeds\n", argv[0]);
        return 2;
    }
    std::signal(SIGABRT, keep_input);
    for (const std::string& input : seeds)
        run(input);
    Mutator mutator(seeds, static_cast<unsigned>(seed));
    // The processor's time of this process: a target may have made a clock of its own.
    const auto over = [&] { return static_cast<unsigned long>(std::clock() / CLOCKS_PER_SEC) >= seconds; };
    unsigned long done = 0;
    while (seconds > 0 ? !over() : done < runs) {
        run(mutator.next());
        ++done;
    }
    std::printf("%zu seeds, %lu mutations\n", seeds.size(), done);
    return 0;
}
