#include "store/csv.hpp"

#include "core/text.hpp"

namespace lazaret::store {

namespace {

constexpr std::size_t longest_field = 4096;
constexpr int end_of_input = -1;

std::string join(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words)
        text += (text.empty() ? "" : ",") + word;
    return text;
}

} // namespace

CsvReader::CsvReader(std::istream& input, std::vector<std::string> columns)
    : input_(input), columns_(std::move(columns)) {}

Result<std::optional<CsvReader::Record>> CsvReader::next() {
    if (!header_read_) {
        header_read_ = true;
        if (input_.peek() == 0xEF) { // a byte order mark, as spreadsheets write it
            for (int i = 0; i < 3; ++i)
                get();
        }
        auto header = read();
        if (!header || !*header || (*header)->fields != columns_) {
            broken_ = true;
            if (record_line_ == 0) record_line_ = 1;
            return Error("wrong header, expected " + join(columns_));
        }
    }
    auto record = read();
    if (!record || !*record) return record;
    if ((*record)->fields.size() != columns_.size())
        return Error(std::to_string((*record)->fields.size()) + " fields, expected " +
                     std::to_string(columns_.size()) + " (" + join(columns_) + ")");
    for (std::size_t i = 0; i < columns_.size(); ++i)
        if (!is_valid_utf8((*record)->fields[i]))
            return Error(columns_[i] + " is not UTF-8, expected UTF-8 text");
    return record;
}

int CsvReader::get() {
    int c = input_.get();
    if (c == std::istream::traits_type::eof()) return end_of_input;
    if (c == '\n') ++line_;
    return c;
}

void CsvReader::skip_line() {
    for (int c = get(); c != end_of_input && c != '\n'; c = get()) {
    }
}

Result<std::optional<CsvReader::Record>> CsvReader::read() {
    int c = get();
    while (c == '\n' || (c == '\r' && input_.peek() == '\n'))
        c = get();
    if (c == end_of_input) {
        if (input_.bad()) {
            broken_ = true;
            return Error("cannot read the file");
        }
        return std::optional<Record>();
    }
    Record record;
    record.line = record_line_ = line_;
    auto fail = [&](int last, const char* message) -> Error {
        if (last != '\n' && last != end_of_input) skip_line();
        return Error(message);
    };
    for (;;) { // one field per turn; c is its first octet
        std::string field;
        if (c == '"') {
            for (;;) {
                c = get();
                if (c == end_of_input)
                    return fail(c, "a quote is never closed, expected \" before the end of the file");
                if (c == '"') {
                    if (input_.peek() != '"') break;
                    get();
                }
                if (c == 0) return fail(c, "a NUL octet, expected text");
                if (field.size() == longest_field)
                    return fail(c, "a field is too long, expected at most 4096 octets");
                field += static_cast<char>(c);
            }
            c = get();
            if (c != ',' && c != '\n' && c != '\r' && c != end_of_input)
                return fail(c, "text after a closing quote, expected a comma or the line's end");
        } else {
            for (; c != ',' && c != '\n' && c != '\r' && c != end_of_input; c = get()) {
                if (c == '"')
                    return fail(
                        c, "a quote within a field, expected the whole field in quotes and \"\" for a quote");
                if (c == 0) return fail(c, "a NUL octet, expected text");
                if (field.size() == longest_field)
                    return fail(c, "a field is too long, expected at most 4096 octets");
                field += static_cast<char>(c);
            }
        }
        record.fields.push_back(std::move(field));
        if (c == '\r') {
            c = get();
            if (c != '\n' && c != end_of_input)
                return fail(c, "a carriage return within a line, expected LF or CRLF");
        }
        if (c == '\n' || c == end_of_input) return std::optional<Record>(std::move(record));
        if (record.fields.size() > columns_.size()) return fail(c, "too many fields");
        c = get();
    }
}

} // namespace lazaret::store
