#pragma once
// The next hop of the session target: records every message and does to its client what it is told to. Turned by step(), on
// sockets without Asio, so that nothing of what is tested is used to test it.

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace lazaret::fuzz {

/// What it does instead of its normal reply.
enum class Act {
    normal,
    defers,      ///< 450
    refuses,     ///< 550
    shuts_down,  ///< 421, then closes
    closes,
    resets,
    stalls,
    babbles,     ///< no SMTP
    wrong,       ///< a positive reply that cannot stand here: 250 to DATA, 354 to the others
    many_lines,  ///< the normal reply on three lines
    drips,       ///< the normal reply octet by octet
    twice,       ///< the normal reply, and once more
    half,        ///< half a reply, then closes
    nonsense,    ///< 999
    late,        ///< the normal reply after a second and a half
    count
};

struct Recorded {
    /// What the hop said of it: yes; yes, but late or with words around it; nothing, or no.
    enum class Told { clearly, unclearly, refused };
    std::string mail;               ///< the command line
    std::vector<std::string> rcpts; ///< those it took
    std::string content;            ///< as DATA has it on the wire, with dots, without the final one
    Told told = Told::refused;
};

class Hop {
  public:
    Hop();
    ~Hop();
    Hop(const Hop&) = delete;
    Hop& operator=(const Hop&) = delete;

    std::uint16_t port() const { return port_; }
    /// Forgets everything; `offered` are the keywords of EHLO.
    void reset(std::vector<std::string> offered);
    bool step(); ///< true when something moved
    /// By stage: banner, ehlo, xforward, mail, rcpt, data, dot (or the end of a chunk), rset. Each act is for one time.
    void expect(const std::string& stage, Act act) { acts_[stage].push_back(act); }
    void listen(bool yes);
    void drop_connections();
    void shout(); ///< says 250 to everybody, unasked
    /// From now on no message may begin. Has no say where one had begun.
    void confine();
    bool talks_about_a_message() const; ///< somebody is between DATA or BDAT and the reply to the content

    std::vector<Recorded> recorded;

  private:
    struct Dialogue;
    bool serve(Dialogue& d);
    bool obey(Dialogue& d);
    bool take_content(Dialogue& d);
    bool take_chunk(Dialogue& d);
    void record(Dialogue& d);
    void answer(Dialogue& d, const std::string& stage, std::string normal);
    void check_parameters(const Dialogue& d, std::string_view line) const;
    Act next_act(const std::string& stage);

    int listening_ = -1;
    std::uint16_t port_ = 0;
    bool confined_ = false;
    std::vector<std::string> offered_;
    std::map<std::string, std::deque<Act>> acts_;
    std::vector<std::unique_ptr<Dialogue>> dialogues_;
};

} // namespace lazaret::fuzz
