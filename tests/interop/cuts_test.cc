// Transfers cut at a random byte and gone on with by the same client, as people do: ferry -c, lftp -c, curl
// -C - and ftplib with REST, both ways, in clear and under TLS, cut in every way a network and a dying
// process have. The result is the source, by digest; on the way there is never a file under the final name
// that is not.
//
// 24 cuts, 200 under `make soak`; FERRY_SEED repeats a run's draws.
#include <signal.h>

#include <algorithm>
#include <iostream>
#include <random>

#include "tests/interop/client_fixture.h"
#include "tests/support/cut_proxy.h"
#include "tests/support/ferry_client.h"
#include "tests/support/ftp_talker.h"
#include "tests/support/soak.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::size_t kSize = 1'500'000;
// The only ones that last: whoever waits notices after this time.
constexpr std::size_t kMostSilencesInShortForm = 4;

struct Case {
  std::string client;
  bool up, tls;
  Cut::Kind kind;

  bool is_silence() const { return kind == Cut::Kind::silence; }
};

constexpr std::pair<Cut::Kind, const char*> kKinds[] = {{Cut::Kind::reset, "reset"},
                                                        {Cut::Kind::end, "ended"},
                                                        {Cut::Kind::bare_end, "ended without close_notify"},
                                                        {Cut::Kind::silence, "silenced"},
                                                        {Cut::Kind::hold, "killed"}};

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const char* client : {"ferry", "lftp", "curl", "ftplib"}) {
    for (const bool up : {true, false}) {
      for (const bool tls : {false, true}) {
        for (const auto& [kind, name] : kKinds) {
          // In clear an upload's data has no other end than the connection's.
          if (tls || kind != Cut::Kind::bare_end) cases.push_back({client, up, tls, kind});
        }
      }
    }
  }
  return cases;
}

class CutsAlone : public testing::Test {
 protected:
  CutsAlone() : seed_(seed_from_environment()), random_(seed_), server_(options()) {
    server_.add_account("mika");
    proxy_.lead_to(server_);
  }

  std::vector<std::string> options() const {
    auto options = proxy_.options();
    options.push_back("data_timeout=3s");  // curl takes a second between EPSV and what it is for
    return options;
  }
  std::vector<Case> draw_cases();
  void cut_and_go_on(const Case& which, int number);
  RunResult first_attempt(const Case& which, const std::string& name);
  RunResult second_attempt(const Case& which, const std::string& name);
  std::vector<std::string> command(const Case& which, const std::string& name, bool is_patient,
                                   ChildOptions& options);
  std::string lftp_script(const Case& which, const std::string& name, bool is_patient) const;
  const FerryClient& ferry(bool tls);
  fs::path local(const std::string& name) const { return dir_.path() / name; }
  fs::path remote(const std::string& name) const { return server_.home("mika") / name; }

  const std::uint32_t seed_;
  std::mt19937 random_;
  TempDir dir_;
  CutProxy proxy_;
  FerrydServer server_;
  std::map<bool, std::unique_ptr<FerryClient>> ferries_;
  int went_on_ = 0;
};

// Every case once before any comes twice.
std::vector<Case> CutsAlone::draw_cases() {
  const std::size_t wanted = is_soak() ? 200 : 24;
  std::vector<Case> drawn;
  std::size_t silences = 0;
  while (drawn.size() < wanted) {
    auto cases = all_cases();
    std::ranges::shuffle(cases, random_);
    for (const Case& which : cases) {
      if (which.is_silence() && ++silences > kMostSilencesInShortForm && !is_soak()) continue;
      if (drawn.size() < wanted) drawn.push_back(which);
    }
  }
  return drawn;
}

// Trusts the server's certificate by its pin, which a first refusal tells.
const FerryClient& CutsAlone::ferry(bool tls) {
  auto& client = ferries_[tls];
  if (client) return *client;
  const ClientServer where{CutProxy::kHost, proxy_.port(), "mika", kPassword};
  std::vector<std::string> security{"--tls=off"};
  if (tls) {
    const RunResult refused = FerryClient(where, {}).run("ls", {"/"});
    const auto at = refused.err.find("sha256:", refused.err.find("fingerprint"));
    if (at == std::string::npos) throw std::runtime_error(refused.err);
    security = {"--pin", refused.err.substr(at, 7 + 64)};
  }
  client = std::make_unique<FerryClient>(where, security);
  return *client;
}

std::string CutsAlone::lftp_script(const Case& which, const std::string& name, bool is_patient) const {
  return fmt::format(
      "set cmd:fail-exit yes\nset net:max-retries 1\nset net:timeout {}\nset net:reconnect-interval-base "
      "1\nset ssl:verify-certificate no\n"
      "set ftp:ssl-allow {}\nset ftp:ssl-force {}\nset ftp:ssl-protect-data true\n"
      "open -u mika,{} ftp://{}:{}\n{} -c {} -o {}\n",
      is_patient ? 60 : 1, which.tls, which.tls, kPassword, CutProxy::kHost, proxy_.port(),
      which.up ? "put" : "get", which.up ? local(name).string() : name,
      which.up ? name : local(name).string());
}

std::vector<std::string> CutsAlone::command(const Case& which, const std::string& name, bool is_patient,
                                            ChildOptions& options) {
  const std::string seconds = is_patient ? "60" : "1";
  const std::string here = local(name).string(), port = std::to_string(proxy_.port());
  if (which.client == "ferry") {
    options = ferry(which.tls).child_options();
    auto line = ferry(which.tls).command_line(which.up ? "put" : "get", {});
    *std::next(std::ranges::find(line, "--timeout")) = seconds + "s";
    options.working_dir = dir_.path();
    // Into the current folder of either side, under the same name.
    line.insert(line.end(), {"-c", which.up ? here : "/" + name});
    if (which.up) line.push_back("/");
    return line;
  }
  options.working_dir = dir_.path();
  options.environment = {{"HOME", dir_.path().string()}};
  if (which.client == "lftp") {
    write_bytes(local("script"), lftp_script(which, name, is_patient));
    return {"lftp", "-f", local("script").string()};
  }
  if (which.client == "ftplib") {
    options.input = std::string(kPassword) + "\n";
    return {"python3",
            "-B",
            script("ftplib_resume.py"),
            CutProxy::kHost,
            port,
            "mika",
            which.tls ? "tls" : "clear",
            seconds,
            which.up ? "up" : "down",
            here,
            name};
  }
  options.input = fmt::format("user = \"mika:{}\"\n", kPassword);
  std::vector<std::string> line{"curl", "--config", "-", "--silent", "--show-error", "--continue-at", "-"};
  if (which.tls) line.insert(line.end(), {"--ssl-reqd", "--insecure"});
  // Given up when nothing moves.
  line.insert(line.end(), {"--speed-limit", "1", "--speed-time", seconds});
  line.insert(line.end(), {which.up ? "--upload-file" : "--output", here,
                           fmt::format("ftp://{}:{}/{}", CutProxy::kHost, port, name)});
  return line;
}

// How long a client that was cut may take to give up before it is killed. lftp does not give up but tries
// again by itself after a second, and then, when it had read its source to the end, takes the first piece of
// what is missing for all of it.
std::chrono::milliseconds patience_after_cut(const Case& which) {
  if (which.kind == Cut::Kind::hold || which.client == "lftp") return 0ms;
  return which.kind == Cut::Kind::silence ? 2500ms : 30s;
}

RunResult CutsAlone::first_attempt(const Case& which, const std::string& name) {
  ChildOptions options;
  const auto line = command(which, name, which.kind != Cut::Kind::silence, options);
  const ChildProcess client(line, options);
  EXPECT_TRUE(wait_until([&] { return proxy_.has_cut(); }, 30s)) << client.out() << client.err();
  if (!client.wait(patience_after_cut(which))) client.send_signal(SIGKILL);
  return {client.wait(10s).value_or(-1), client.out(), client.err()};
}

RunResult CutsAlone::second_attempt(const Case& which, const std::string& name) {
  ChildOptions options;
  const auto line = command(which, name, true, options);
  return run(line, options, 120s);
}

void CutsAlone::cut_and_go_on(const Case& which, int number) {
  const std::string name = fmt::format("f{}", number);
  const std::string bytes = some_bytes(kSize, static_cast<std::uint32_t>(random_()));
  if (which.up) {
    write_bytes(local(name), bytes);
  } else {
    EXPECT_TRUE(answers(FtpTalker::logged_in(server_, "mika").store(name, bytes), 226));
  }
  const Bytes at = 1 + static_cast<Bytes>(random_() % (kSize - 1));
  proxy_.arm({which.kind, which.up ? Cut::Direction::up : Cut::Direction::down, at});
  const RunResult cut = first_attempt(which, name);
  proxy_.release();
  const auto nothing_runs = [&] { return server_.store().uploads_owned_by(std::nullopt)->empty(); };
  EXPECT_TRUE(wait_until(nothing_runs, 30s));
  if (which.up) {
    EXPECT_FALSE(fs::exists(remote(name)) && read_bytes(remote(name)) != bytes)
        << "a piece under the file's name";
    went_on_ += !server_.store().partials_of(server_.store().find_account("mika")->id)->empty();
  }
  const RunResult resumed = second_attempt(which, name);
  EXPECT_EQ(resumed.exit_code, 0) << "cut at " << at << ": " << cut.err << "\nthen: " << resumed.out
                                  << resumed.err;
  EXPECT_EQ(sha256_of(read_bytes(which.up ? remote(name) : local(name))), sha256_of(bytes))
      << "cut at " << at;
  fs::remove(local(name));
}

TEST_F(CutsAlone, AreGoneOnWithByEveryClient) {
  std::cout << "FERRY_SEED=" << seed_ << "\n";
  SCOPED_TRACE(fmt::format("FERRY_SEED={}", seed_));
  int number = 0, uploads = 0;
  for (const Case& which : draw_cases()) {
    const auto* kind = std::ranges::find(kKinds, which.kind, &std::pair<Cut::Kind, const char*>::first);
    SCOPED_TRACE(fmt::format("cut {}: {} {} {} {}", number, which.client, which.up ? "up" : "down",
                             which.tls ? "TLS" : "clear", kind->second));
    cut_and_go_on(which, number++);
    uploads += which.up;
    if (HasFatalFailure()) return;
  }
  EXPECT_TRUE(server_.is_settled("mika"));
  EXPECT_GT(went_on_, uploads / 2) << "too little was there to go on with";
}

}  // namespace
}  // namespace ferry::test
