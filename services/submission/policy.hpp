#pragma once
// One connection of a front Postfix that asks for our policy: request, answer, request, ... for as long as it likes.
// On trouble there is no answer: Postfix then does what smtpd_policy_service_default_action says.

#include "core/address.hpp"
#include "net/stream.hpp"
#include "smtp/policy_request.hpp"
#include "submission/admission.hpp"

#include <boost/intrusive/list.hpp>

#include <string>

namespace lazaret::submission {

class Worker;

/// Lives on the heap for as long as its coroutine runs, never leaves its worker's thread.
class PolicySession : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  public:
    PolicySession(Worker& worker, net::Accepted client, Admission::Place place);
    ~PolicySession();

    net::task<> run();
    void close() { stream_.close(); } ///< Postfix asks again on a new connection, of another process where this one ends

  private:
    bool answer(smtp::PolicyRequest request); ///< false: there is none to give

    Worker& worker_;
    Admission::Place place_;
    net::Stream stream_;
    smtp::PolicyReader reader_;
    std::string out_;
    std::string instance_; ///< asked about last
};

} // namespace lazaret::submission
