// The administrator's CSV file: read to its end whatever stands in it, with as many fields in each record as there are
// columns, and places that go forward only.

#include "fuzz/check.hpp"
#include "store/csv.hpp"

#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using lazaret::fuzz::check;
    std::istringstream input(std::string(reinterpret_cast<const char*>(data), size));
    lazaret::store::CsvReader reader(input, {"subscriber", "login", "password"});
    std::size_t last = 0;
    for (std::size_t rounds = 0;; ++rounds) {
        check(rounds <= size + 2, "each round takes something");
        const auto record = reader.next();
        if (!record) {
            check(!record.error().message.empty() && reader.line() >= last, "a refusal has a reason and a place");
            if (reader.broken()) return 0;
            continue;
        }
        if (!*record) return 0;
        check((*record)->line > last, "records go forward");
        last = (*record)->line;
        check((*record)->fields.size() == 3, "each record has its columns");
        for (const auto& field : (*record)->fields)
            check(field.size() <= 4096 && field.find('\0') == std::string::npos, "fields are bounded");
    }
}
