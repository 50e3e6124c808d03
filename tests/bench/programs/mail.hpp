#pragma once
// What the generator sends and the sink recognises: each message has a number, which travels in its recipient's address.

#include <cstdint>
#include <string>
#include <string_view>

namespace lazaret::bench {

/// A message of about `size` octets as it goes over the wire: dot-stuffed, ended by the final dot. Always the same text.
std::string make_content(std::size_t size);

/// "box000000000042@bench.example", always of the same length.
std::string recipient_of(std::uint64_t number);
/// The number in a RCPT command; 0 where there is none.
std::uint64_t number_in(std::string_view command);

/// Numbers added up so that two sides can compare what they have seen: equal sums with equal counts mean the same messages,
/// each once; a lost one and a doubled one do not cancel out.
class Fingerprint {
  public:
    void add(std::uint64_t number);
    std::string hex() const;

  private:
    std::uint64_t sum_ = 0;
};

} // namespace lazaret::bench
