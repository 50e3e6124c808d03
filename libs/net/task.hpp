#pragma once
// The one executor and coroutine type of the product. One io_context per thread; a session never leaves its thread,
// so nothing here is synchronised. Read docs/hacking.md (compiler notes) before writing a coroutine.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

namespace lazaret::net {

namespace asio = boost::asio;

using Executor = asio::io_context::executor_type;
template <class T = void> using task = asio::awaitable<T, Executor>;

} // namespace lazaret::net
