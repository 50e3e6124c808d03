#pragma once
// A password in memory: one heap block that is overwritten before it is freed, and never copied.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace lazaret::auth {

class Secret {
  public:
    Secret() = default;
    explicit Secret(std::string_view octets);
    Secret(Secret&& other) noexcept;
    Secret& operator=(Secret&& other) noexcept;
    ~Secret();
    std::string_view view() const { return {data_.get(), size_}; }

  private:
    void wipe();
    std::unique_ptr<char[]> data_;
    std::size_t size_ = 0;
};

/// Overwrites every octet the string owns, then empties it.
void cleanse(std::string& text);

} // namespace lazaret::auth
