#pragma once
// The one executor and coroutine type of the product. One io_context per thread; a session never leaves its
// thread, so nothing here is synchronised. Read docs/hacking.md (compiler notes) before writing a coroutine.

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace lazaret::net {

namespace asio = boost::asio;

using Executor = asio::io_context::executor_type;
template <class T = void> using task = asio::awaitable<T, Executor>;

/// Completion token: `auto [ec, n] = co_await socket.async_read_some(buffer, use_task);` throws nothing.
inline constexpr asio::as_tuple_t<asio::use_awaitable_t<Executor>> use_task{
    asio::use_awaitable_t<Executor>{}};

} // namespace lazaret::net
