#include "auth/secret.hpp"

#include <openssl/crypto.h>

#include <cstring>
#include <utility>

namespace lazaret::auth {

Secret::Secret(std::string_view octets) {
    if (octets.empty()) return;
    data_ = std::make_unique<char[]>(octets.size());
    size_ = octets.size();
    std::memcpy(data_.get(), octets.data(), size_);
}

Secret::Secret(Secret&& other) noexcept
    : data_(std::move(other.data_)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this == &other) return *this;
    wipe();
    data_ = std::move(other.data_);
    size_ = std::exchange(other.size_, 0);
    return *this;
}

Secret::~Secret() {
    wipe();
}

void Secret::wipe() {
    if (data_) OPENSSL_cleanse(data_.get(), size_);
    data_.reset();
    size_ = 0;
}

void cleanse(std::string& text) {
    // A shorter text leaves older octets behind its end: all of the capacity is ours to write after this
    // resize.
    text.resize(text.capacity());
    if (!text.empty()) OPENSSL_cleanse(text.data(), text.size());
    text.clear();
}

} // namespace lazaret::auth
