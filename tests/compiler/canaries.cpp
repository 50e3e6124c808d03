// Lines of docs/hacking.md (compiler notes) that GCC 12.2 gets wrong, each in a child process. The test tells which of them
// this compiler still gets wrong; it fails only where a line that the project's code relies on does.

#include <coroutine>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <utility>

#include <sys/wait.h>
#include <unistd.h>

namespace {

int live = 0; // constructed minus destroyed: 0 at the end unless something was freed twice or never

struct Probe {
    std::string text;
    explicit Probe(const char* t) : text(t) { ++live; }
    Probe(const Probe& o) : text(o.text) { ++live; }
    Probe(Probe&& o) noexcept : text(std::move(o.text)) { ++live; }
    Probe& operator=(const Probe&) = default;
    Probe& operator=(Probe&&) = default;
    ~Probe() { --live; }
};

struct Aggregate { // no constructor: the kind that must not travel
    int code;
    Probe text;
};

struct Constructed { // the kind that does
    int code;
    Probe text;
    Constructed(int c, Probe t) : code(c), text(std::move(t)) {}
};

/// The smallest lazy task: runs when awaited, resumes who awaits it.
struct Task {
    struct promise_type {
        std::coroutine_handle<> next = std::noop_coroutine();
        Task get_return_object() { return Task(std::coroutine_handle<promise_type>::from_promise(*this)); }
        std::suspend_always initial_suspend() noexcept { return {}; }
        struct Final {
            bool await_ready() noexcept { return false; }
            std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> h) noexcept { return h.promise().next; }
            void await_resume() noexcept {}
        };
        Final final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { std::terminate(); }
    };
    explicit Task(std::coroutine_handle<promise_type> h) : handle(h) {}
    Task(Task&& o) noexcept : handle(std::exchange(o.handle, {})) {}
    ~Task() {
        if (handle) handle.destroy();
    }
    bool await_ready() { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) {
        handle.promise().next = h;
        return handle;
    }
    void await_resume() {}
    void run() { handle.resume(); }
    std::coroutine_handle<promise_type> handle;
};

Task take_aggregate(Aggregate a) {
    if (a.text.text.size() < 2) std::abort();
    co_return;
}
Task take_constructed(Constructed a) {
    if (a.text.text.size() < 2) std::abort();
    co_return;
}

Task braced_aggregate() { co_await take_aggregate({250, Probe("a text beyond the small string's room")}); }
Task constructed_temporary() { co_await take_constructed(Constructed(250, Probe("a text beyond the small string's room"))); }
Task named_aggregate() {
    Aggregate a{250, Probe("a text beyond the small string's room")};
    co_await take_aggregate(std::move(a));
}
Task two_steps() {
    auto op = take_aggregate(Aggregate{250, Probe("a text beyond the small string's room")});
    co_await std::move(op);
}

/// A Task that comes to a number.
struct Number : Task {
    explicit Number(Task task) : Task(std::move(task)) {}
    int await_resume() { return 2; }
};
Number number(Probe) { return Number(take_constructed(Constructed(250, Probe("a text beyond the small string's room")))); }

Task awaited_switch() {
    switch (co_await number(Probe("a text beyond the small string's room"))) {
    case 1: co_return;
    case 2: co_return;
    default: co_return;
    }
}
Task named_switch() {
    const int which = co_await number(Probe("a text beyond the small string's room"));
    switch (which) {
    case 1: co_return;
    case 2: co_return;
    default: co_return;
    }
}

bool sound(Task (*line)()) {
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child == 0) {
        std::fclose(stderr); // a sanitizer's report is expected here, not news
        {
            Task task = line();
            task.run();
        }
        _exit(live == 0 ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

} // namespace

int main() {
    struct {
        const char* name;
        Task (*line)();
        bool relied_on;
    } const lines[] = {
        {"co_await f({250, text}) with an aggregate", braced_aggregate, false},
        {"co_await f(Constructed(250, text))", constructed_temporary, true},
        {"named aggregate, then co_await f(std::move(a))", named_aggregate, true},
        {"auto op = f(Aggregate{...}); co_await std::move(op)", two_steps, true},
        {"switch (co_await f(x)) with a co_return in each case", awaited_switch, false},
        {"const auto v = co_await f(x); switch (v)", named_switch, true},
    };
    int broken = 0;
    for (const auto& [name, line, relied_on] : lines) {
        const bool good = sound(line);
        std::printf("%-9s %s%s\n", good ? "sound" : "BROKEN", name, relied_on ? "" : " (not used here)");
        if (!good && relied_on) ++broken;
    }
    return broken == 0 ? 0 : 1;
}
