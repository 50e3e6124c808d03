#include "smtp/data_reader.hpp"

#include <cstring>

namespace lazaret::smtp {

namespace {

// Where `c` is, or `to`.
const char* find(const char* from, const char* to, char c) {
    const void* at = std::memchr(from, c, static_cast<std::size_t>(to - from));
    return at ? static_cast<const char*>(at) : to;
}

// Any octet with its high bit set? Eight at a time.
bool any_eight_bit(const char* at, const char* end) {
    std::uint64_t all = 0;
    for (; end - at >= 8; at += 8) {
        std::uint64_t word;
        std::memcpy(&word, at, 8);
        all |= word;
    }
    for (; at != end; ++at)
        all |= static_cast<unsigned char>(*at) & 0x80u;
    return (all & 0x8080808080808080u) != 0;
}

} // namespace

// Octets pass as runs of the input, as long as they stand side by side there: a run is cut only where a dot
// goes away or a line end is made canonical.
class DataReader::Runs {
  public:
    Runs(DataReader& reader, std::string& content) : reader_(reader), content_(content) {}
    ~Runs() { flush(); }
    Runs(const Runs&) = delete;
    Runs& operator=(const Runs&) = delete;

    void add(const char* from, const char* to) {
        if (from != end_) {
            flush();
            begin_ = from;
        }
        end_ = to;
    }
    void add_made(std::string_view made) {
        flush();
        reader_.take(made, content_);
    }

  private:
    void flush() {
        if (begin_ != end_)
            reader_.take(std::string_view(begin_, static_cast<std::size_t>(end_ - begin_)), content_);
        begin_ = end_ = nullptr;
    }

    DataReader& reader_;
    std::string& content_;
    const char* begin_ = nullptr;
    const char* end_ = nullptr;
};

void DataReader::take(std::string_view run, std::string& content) {
    size_ += run.size();
    eight_bit_ = eight_bit_ || any_eight_bit(run.data(), run.data() + run.size());
    nul_ = nul_ || std::memchr(run.data(), '\0', run.size()) != nullptr;
    too_big_ = too_big_ || (max_size_ > 0 && size_ > max_size_); // RFC 1870 6.3
    if (!refused()) content.append(run);
}

std::size_t DataReader::feed(std::string_view input, std::string& content) {
    Runs runs(*this, content);
    const char* at = input.data();
    const char* const end = at + input.size();
    const char* lf = nullptr; // the next one from `at` on, `end` where there is none; kept, or CRs alone
                              // would cost squares
    while (at != end && !finished_) {
        switch (at_) {
        case At::line_start:
            if (*at == '.') {
                at_ = At::dot;
                ++at;
            } else {
                at_ = At::text;
            }
            break;
        case At::dot: // the dot at the begin of a line is never content, RFC 5321 4.5.2
            if (*at == '\r') {
                at_ = At::dot_cr;
                ++at;
            } else {
                at_ = At::text;
            }
            break;
        case At::dot_cr:
            if (*at == '\n') {
                finished_ = true; // RFC 5321 4.1.1.4
                ++at;
            } else {
                at_ = At::cr; // the CR was text after all
            }
            break;
        case At::cr:
            if (*at == '\n') {
                runs.add_made("\r\n");
                at_ = At::line_start;
                ++at;
            } else {
                bare_newline_ = true;
                if (*at == '\r') { // CR CR LF is what broken line end conversion makes of CR LF
                    ++at;
                } else {
                    runs.add_made(" "); // as a line end it could make a header field out of text
                    at_ = At::text;
                }
            }
            break;
        case At::text: {
            if (!lf || lf < at) lf = find(at, end, '\n');
            const char* const cr = find(at, lf, '\r');
            runs.add(at, cr);
            if (lf != end && cr + 1 == lf) {
                runs.add(cr, lf + 1);
                at_ = At::line_start;
                at = lf + 1;
            } else if (cr != lf) {
                at_ = At::cr;
                at = cr + 1;
            } else if (lf != end) { // no begin of a line for dots: the sender did not take it for one
                                    // (CVE-2023-51764)
                bare_newline_ = true;
                runs.add_made("\r\n");
                at = lf + 1;
            } else {
                at = end;
            }
            break;
        }
        }
    }
    return static_cast<std::size_t>(at - input.data());
}

void DotStuffer::feed(std::string_view content, std::string& wire) {
    if (content.empty()) return;
    if (line_start_ && content.front() == '.') wire += '.'; // RFC 5321 4.5.2
    std::size_t at = 0;
    for (;;) {
        const std::size_t lf = content.find("\n.", at);
        if (lf == std::string_view::npos) break;
        wire.append(content, at, lf + 1 - at).append(1, '.');
        at = lf + 1;
    }
    wire.append(content, at);
    last_ = content.back();
    line_start_ = last_ == '\n';
}

void DotStuffer::finish(std::string& wire) {
    wire += last_ == '\n' ? ".\r\n" : "\r\n.\r\n";
}

} // namespace lazaret::smtp
