#pragma once
// Comma-separated values, RFC 4180, strictly: quotes only around a whole field, the same number of fields in
// every line, UTF-8.

#include "core/result.hpp"

#include <cstddef>
#include <istream>
#include <optional>
#include <string>
#include <vector>

namespace lazaret::store {

/// Reads record by record; LF and CRLF end a record, empty lines are skipped. Fields are at most 4096 octets.
class CsvReader {
  public:
    struct Record {
        std::size_t line = 0; ///< on which it began, from 1
        std::vector<std::string> fields;
    };
    /// The first line must hold exactly these column names.
    CsvReader(std::istream& input, std::vector<std::string> columns);

    /// nullopt at the end of the input. After an Error reading goes on with the next line; line() tells where
    /// it was.
    Result<std::optional<Record>> next();
    /// Of the record (or error) that next() gave last.
    std::size_t line() const { return record_line_; }
    /// True after an error that makes going on pointless: a wrong header, an unreadable file.
    bool broken() const { return broken_; }

  private:
    Result<std::optional<Record>> read();
    void skip_line();
    int get();

    std::istream& input_;
    std::vector<std::string> columns_;
    std::size_t line_ = 1; // of the next octet
    std::size_t record_line_ = 0;
    bool header_read_ = false;
    bool broken_ = false;
};

} // namespace lazaret::store
