#include "shared/config/options.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "shared/config/table.h"
#include "tests/support/temp_dir.h"

namespace ferry {
namespace {

using namespace std::chrono_literals;
using test::TempDir;

class OptionsTest : public ::testing::Test {
 protected:
  std::string write(const std::string& text) {
    const std::string file = (dir_.path() / "ferryd.toml").string();
    std::ofstream(file) << text;
    return file;
  }
  Result<Options> load(const std::string& text, const std::vector<std::string>& sets = {}) {
    return load_options({write(text), ""}, sets);
  }
  std::string error_of(const std::string& text, const std::vector<std::string>& sets = {}) {
    const auto loaded = load(text, sets);
    if (loaded) return "";
    const std::string prefix = dir_.path().string() + "/";
    const std::string& context = loaded.error().context;
    return context.starts_with(prefix) ? context.substr(prefix.size()) : context;
  }

  TempDir dir_;
};

// Every option by its TOML text, which tells more than a list of members when they differ.
void expect_same(const Options& a, const Options& b) {
  for (const auto& row : config::rows()) {
    EXPECT_TRUE(config::same_value(row, a, b))
        << row.name << ": " << config::value_toml(row, a) << " and " << config::value_toml(row, b);
  }
}

TEST_F(OptionsTest, DefaultsOfAnInstalledServer) {
  const auto options = load_options({}, {});
  ASSERT_TRUE(options.has_value()) << options.error().context;
  EXPECT_EQ(options->listen, (std::vector<std::string>{"0.0.0.0:21", "[::]:21"}));
  EXPECT_EQ(options->store, "/var/lib/ferry/ferry.db");
  EXPECT_EQ(options->tls, TlsPolicy::required);
  EXPECT_EQ(options->data_resumption, DataResumption::preferred);
  EXPECT_EQ(options->client_certificates, ClientCertificates::off);
  EXPECT_EQ(options->upload_end, UploadEnd::size_or_notify);
  EXPECT_FALSE(options->clear_command_channel);
  EXPECT_EQ(options->default_quota, Bytes{500} << 20);
  EXPECT_EQ(options->idle_timeout, 5min);
  EXPECT_EQ(options->partial_expiry, 7 * 24h);
  EXPECT_TRUE(options->durable);
  EXPECT_FALSE(options->anonymous);
  EXPECT_EQ(options->password_cost().passes, 2U);
}

TEST_F(OptionsTest, DefaultsOfACheckoutStayInsideIt) {
  const auto options = load_options({"", "/src/ferry"}, {});
  ASSERT_TRUE(options.has_value()) << options.error().context;
  EXPECT_EQ(options->listen, std::vector<std::string>{"127.0.0.1:2121"});
  EXPECT_EQ(options->store, "/src/ferry/var/db/ferry.db");
  EXPECT_EQ(options->home_root, "/src/ferry/var/home");
  EXPECT_EQ(options->log_dir, "/src/ferry/var/log");
  EXPECT_EQ(options->run_dir, "/src/ferry/var/run");
}

TEST_F(OptionsTest, EveryDefaultIsInItsOwnRange) {
  for (const auto& row : config::rows()) {
    for (const std::string_view text : {row.standard, row.checkout.empty() ? row.standard : row.checkout}) {
      Options options;
      EXPECT_TRUE(config::read_value(row, config::raw_value(row, text), "/", options).has_value())
          << row.name;
    }
  }
}

TEST_F(OptionsTest, FileSetsEveryKindOfOption) {
  const auto options = load(R"(
listen = ["127.0.0.1:0", "[::1]:2121"]
workers = 3
store = "db/ferry.db"
banner = 'say "hi"'
tls = "offered"
data_resumption = "off"
passive_ports = "50000-50099"
passive_address = "192.0.2.1"
active_mode = false
default_quota = "1.5G"
idle_timeout = "90s"
data_timeout = 30
password_memory = 8388608
)");
  ASSERT_TRUE(options.has_value()) << options.error().context;
  EXPECT_EQ(options->listen, (std::vector<std::string>{"127.0.0.1:0", "[::1]:2121"}));
  EXPECT_EQ(options->workers, 3);
  EXPECT_EQ(options->store, (dir_.path() / "db/ferry.db").string());
  EXPECT_EQ(options->banner, "say \"hi\"");
  EXPECT_EQ(options->tls, TlsPolicy::offered);
  EXPECT_EQ(options->data_resumption, DataResumption::off);
  EXPECT_EQ(options->passive_ports.first, 50000);
  EXPECT_EQ(options->passive_ports.last, 50099);
  EXPECT_EQ(options->passive_address, "192.0.2.1");
  EXPECT_FALSE(options->active_mode);
  EXPECT_EQ(options->default_quota, Bytes{1536} << 20);
  EXPECT_EQ(options->idle_timeout, 90s);
  EXPECT_EQ(options->data_timeout, 30s);
  EXPECT_EQ(options->password_memory, Bytes{8} << 20);
}

TEST_F(OptionsTest, EachMistakeInAFileNamesLineKeyAndWhatIsAllowed) {
  struct Case {
    const char* text;
    const char* error;
  };
  const Case cases[] = {
      {"workers = 1000", "ferryd.toml:1: workers: \"1000\" is not accepted; allowed: a number from 0 to 256"},
      {"\n\nworkers = -1", "ferryd.toml:3: workers: \"-1\" is not accepted; allowed: a number from 0 to 256"},
      {"workers = \"4\"", "ferryd.toml:1: workers: wrong type; allowed: a number from 0 to 256"},
      {"workers = 4.0", "ferryd.toml:1: workers: wrong type; allowed: a number from 0 to 256"},
      {"workers = [1]", "ferryd.toml:1: workers: wrong type; allowed: a number from 0 to 256"},
      {"durable = \"yes\"", "ferryd.toml:1: durable: wrong type; allowed: true or false"},
      {"durable = 1", "ferryd.toml:1: durable: wrong type; allowed: true or false"},
      {"tls = \"maybe\"", "ferryd.toml:1: tls: \"maybe\" is not accepted; allowed: required, offered or off"},
      {"listen = \"127.0.0.1:21\"",
       "ferryd.toml:1: listen: wrong type; allowed: a list of numeric addresses with a port, such as "
       "[\"127.0.0.1:2121\", \"[::1]:2121\"]"},
      {"listen = [\"localhost:21\"]",
       "ferryd.toml:1: listen: \"localhost:21\" is not accepted; allowed: a list of numeric addresses with a "
       "port, such as "
       "[\"127.0.0.1:2121\", \"[::1]:2121\"]"},
      {"idle_timeout = \"soon\"",
       "ferryd.toml:1: idle_timeout: \"soon\" is not accepted; allowed: a time from 1s to 1d, such as "
       "\"90s\", \"5m\" or \"7d\""},
      {"default_quota = \"-5M\"",
       "ferryd.toml:1: default_quota: \"-5M\" is not accepted; allowed: a size from 0 to 4096T, such as "
       "\"500M\" or \"2G\""},
      {"passive_ports = \"600-500\"",
       "ferryd.toml:1: passive_ports: \"600-500\" is not accepted; allowed: 0, or FIRST-LAST with 1 <= FIRST "
       "<= LAST <= 65535"},
      {"passive_ports = \"1-70000\"",
       "ferryd.toml:1: passive_ports: \"1-70000\" is not accepted; allowed: 0, or FIRST-LAST with 1 <= FIRST "
       "<= LAST <= 65535"},
      {"passive_address = \"::1\"",
       "ferryd.toml:1: passive_address: \"::1\" is not accepted; allowed: an IPv4 address, a host name, or "
       "empty"},
      {"passive_address = \"192.0.2.300\"",
       "ferryd.toml:1: passive_address: \"192.0.2.300\" is not accepted; allowed: an IPv4 address, a host "
       "name, or "
       "empty"},
      {"\npassive_address_for = [\"10.0.0.0/8\"]",
       "ferryd.toml:2: passive_address_for: \"10.0.0.0/8\" is not accepted; allowed: a list of IPv4 networks "
       "with an "
       "IPv4 address, a host name or local, such as [\"10.0.0.0/8=local\", \"192.168.0.0/16=192.168.1.5\"]"},
      {"passive_address_for = [\"10.0.0.1/8=local\"]",
       "ferryd.toml:1: passive_address_for: '10.0.0.1/8' has bits set behind its prefix: write 10.0.0.0/8 "
       "for the "
       "network, or 10.0.0.1 for the one address; allowed: a list of IPv4 networks with an IPv4 address, a "
       "host name "
       "or local, such as [\"10.0.0.0/8=local\", \"192.168.0.0/16=192.168.1.5\"]"},
      {"proxy_from = [\"10.0.0.5\", \"10.0.0.0/33\"]",
       "ferryd.toml:1: proxy_from: \"10.0.0.0/33\" is not accepted; allowed: a list of networks and "
       "addresses, such "
       "as [\"10.0.0.0/8\", \"fd00::1\"]"},
      {"proxy_from = [\"10.0.0.1/8\"]",
       "ferryd.toml:1: proxy_from: '10.0.0.1/8' has bits set behind its prefix: write 10.0.0.0/8 for the "
       "network, or "
       "10.0.0.1 for the one address; allowed: a list of networks and addresses, such as [\"10.0.0.0/8\", "
       "\"fd00::1\"]"},
      {"workers = 1\nproxy_listen = [\"127.0.0.1:21\"]",
       "ferryd.toml:2: proxy_listen: needs proxy_from: name the addresses or networks of the load balancers "
       "there, "
       "such as [\"10.0.0.5\"]; allowed without it: an empty list"},
      {"proxy_implicit_tls_listen = [\"127.0.0.1:21\"]",
       "ferryd.toml:1: proxy_implicit_tls_listen: needs proxy_from: name the addresses or networks of the "
       "load "
       "balancers there, such as [\"10.0.0.5\"]; allowed without it: an empty list"},
      {"tls = \"off\"\nproxy_from = [\"::1\"]\nproxy_implicit_tls_listen = [\"127.0.0.1:990\"]",
       "ferryd.toml:3: proxy_implicit_tls_listen: needs TLS, which tls = \"off\" forbids; allowed: an empty "
       "list, "
       "or tls = \"offered\" or \"required\""},
      {"listen = [\"127.0.0.1:21\"]\nproxy_from = [\"::1\"]\nproxy_listen = [\"127.0.0.1:21\"]",
       "ferryd.toml:3: proxy_listen: 127.0.0.1:21 is named twice; allowed: each address once, in one of the "
       "options "
       "to listen on"},
      {"store = \"\"", "ferryd.toml:1: store: \"\" is not accepted; allowed: a path, not empty"},
      {"user = \"root\"",
       "ferryd.toml:1: user: \"root\" is not accepted; allowed: the name of a user other than root, or "
       "empty"},
      {"banner = \"a\\r\\n220 b\"",
       "ferryd.toml:1: banner: a value with control characters is not accepted; allowed: a text of at most "
       "500 bytes "
       "without control characters"},
      {"listen = []",
       "ferryd.toml:1: listen: nothing to listen on; allowed: at least one address here, or in "
       "implicit_tls_listen, proxy_listen or proxy_implicit_tls_listen"},
      {"tls_key = \"k.pem\"",
       "ferryd.toml:1: tls_key: stands alone; allowed: tls_certificate with it, or neither of the two"},
      {"tls_certificate = \"c.pem\"",
       "ferryd.toml:1: tls_certificate: stands alone; allowed: tls_key with it, or neither of the two"},
      {"tls = \"off\"\nimplicit_tls_listen = [\"127.0.0.1:990\"]",
       "ferryd.toml:2: implicit_tls_listen: needs TLS, which tls = \"off\" forbids; allowed: an empty list, "
       "or tls = \"offered\" or \"required\""},
      {"tls = \"off\"\ndata_resumption = \"required\"",
       "ferryd.toml:2: data_resumption: \"required\" needs TLS, which tls = \"off\" forbids; allowed: "
       "preferred or off"},
      {"listen = [\"127.0.0.1:21\"]\nimplicit_tls_listen = [\"127.0.0.1:21\"]",
       "ferryd.toml:2: implicit_tls_listen: 127.0.0.1:21 is named twice; allowed: each address once, in one "
       "of the options to listen on"},
  };
  for (const Case& mistake : cases) EXPECT_EQ(error_of(mistake.text), mistake.error) << mistake.text;
}

TEST_F(OptionsTest, AnUnknownKeyGetsTheListOfKnownOnes) {
  const std::string error = error_of("\nworkrs = 4");
  EXPECT_TRUE(error.starts_with(
      "ferryd.toml:2: workrs: unknown option; allowed: listen, implicit_tls_listen, proxy_listen, "))
      << error;
  EXPECT_TRUE(error.ends_with(", password_passes")) << error;
}

TEST_F(OptionsTest, ATableIsAnUnknownKey) {
  EXPECT_TRUE(error_of("[server]\nworkers = 4")
                  .starts_with("ferryd.toml:1: server: unknown option; allowed: listen"));
}

TEST_F(OptionsTest, ADuplicateKeyAndBrokenTomlNameTheLine) {
  EXPECT_TRUE(error_of("workers = 1\nworkers = 2").starts_with("ferryd.toml:2: "));
  EXPECT_TRUE(error_of("workers = 1\nbanner = \"unfinished").starts_with("ferryd.toml:2: "));
}

TEST_F(OptionsTest, AMissingFileAndAFolderAreErrors) {
  EXPECT_EQ(load_options({(dir_.path() / "none.toml").string(), ""}, {}).error().kind, Errc::not_found);
  EXPECT_EQ(load_options({dir_.path().string(), ""}, {}).error().kind, Errc::is_directory);
}

TEST_F(OptionsTest, ListsOfNetworksAndRulesFromFileAndSet) {
  const auto options = load("listen = []\nproxy_listen = [\"127.0.0.1:0\"]\nproxy_from = [\"fd00::1/128\"]\n",
                            {"proxy_from=10.0.0.5/32,fd00::/8", "passive_address=FTP.example.org",
                             "passive_address_for=[\"10.0.0.0/8=local\", \"0.0.0.0/0=192.0.2.1\"]"});
  ASSERT_TRUE(options.has_value()) << options.error().context;
  EXPECT_EQ(options->proxy_from, (std::vector<std::string>{"10.0.0.5", "fd00::/8"}));
  EXPECT_EQ(options->passive_address, "FTP.example.org");
  EXPECT_EQ(options->passive_address_for,
            (std::vector<std::string>{"10.0.0.0/8=local", "0.0.0.0/0=192.0.2.1"}));
}

TEST_F(OptionsTest, SetsGoOverTheFileInOrderBareOrAsToml) {
  const auto options =
      load("workers = 1",
           {"workers=2", "workers=3", "listen=[::1]:0,127.0.0.1:0", "implicit_tls_listen=[\"127.0.0.1:990\"]",
            "banner=two words", "idle_timeout=2m", "tls=\"offered\"", "durable=false", "passive_ports=7000"});
  ASSERT_TRUE(options.has_value()) << options.error().context;
  EXPECT_EQ(options->workers, 3);
  EXPECT_EQ(options->listen, (std::vector<std::string>{"[::1]:0", "127.0.0.1:0"}));
  EXPECT_EQ(options->implicit_tls_listen, std::vector<std::string>{"127.0.0.1:990"});
  EXPECT_EQ(options->banner, "two words");
  EXPECT_EQ(options->idle_timeout, 2min);
  EXPECT_EQ(options->tls, TlsPolicy::offered);
  EXPECT_FALSE(options->durable);
  EXPECT_EQ(options->passive_ports.last, 7000);
}

TEST_F(OptionsTest, AnEmptySetEmptiesAList) {
  const auto options = load("", {"implicit_tls_listen=", "user="});
  ASSERT_TRUE(options.has_value()) << options.error().context;
  EXPECT_TRUE(options->implicit_tls_listen.empty());
}

TEST_F(OptionsTest, MistakesInSetsNameTheOption) {
  EXPECT_EQ(error_of("", {"workers"}), "--set: workers: no value; allowed: KEY=VALUE");
  EXPECT_EQ(error_of("", {"workers=many"}),
            "--set: workers: \"many\" is not accepted; allowed: a number from 0 to 256");
  EXPECT_EQ(error_of("", {"tls=\"offered"}),
            "--set: tls: not a TOML value; allowed: required, offered or off");
  EXPECT_EQ(error_of("", {"tls=\"offered\"\nworkers=2"}),
            "--set: tls: not a TOML value; allowed: required, offered or off");
  EXPECT_TRUE(error_of("", {"nothing=1"}).starts_with("--set: nothing: unknown option; allowed: listen"));
}

TEST_F(OptionsTest, PathsAreRelativeToWhoSaysThem) {
  const auto options = load("store = \"./a/../b.db\"\nlog_dir = \"/abs/log/\"", {"run_dir=here"});
  ASSERT_TRUE(options.has_value()) << options.error().context;
  EXPECT_EQ(options->store, (dir_.path() / "b.db").string());
  EXPECT_EQ(options->log_dir, "/abs/log");
  EXPECT_EQ(options->run_dir, (std::filesystem::current_path() / "here").string());
}

TEST_F(OptionsTest, WhatIsDumpedLoadsToTheSame) {
  const auto options =
      load("", {"listen=127.0.0.1:0,[::1]:21", "banner=\"q \\\" and \\\\ back\"", "passive_ports=1-65535",
                "idle_timeout=1500ms", "default_quota=1234567", "tls_certificate=c.pem", "tls_key=k.pem",
                "anonymous=true", "workers=7", "drain_timeout=0s"});
  ASSERT_TRUE(options.has_value()) << options.error().context;
  const auto again = load(dump_options(*options));
  ASSERT_TRUE(again.has_value()) << again.error().context;
  expect_same(*options, *again);
}

TEST_F(OptionsTest, TheSampleIsTheDefaults) {
  const auto sample = load(options_sample());
  ASSERT_TRUE(sample.has_value()) << sample.error().context;
  expect_same(*sample, *load_options({}, {}));
  std::string uncommented = options_sample();
  for (const auto& row : config::rows()) {
    const std::string commented = "\n#" + std::string(row.name) + " = ";
    const auto at = uncommented.find(commented);
    ASSERT_NE(at, std::string::npos) << row.name;
    uncommented.erase(at + 1, 1);
  }
  const auto all = load(uncommented);
  ASSERT_TRUE(all.has_value()) << all.error().context;
  expect_same(*all, *sample);
}

TEST_F(OptionsTest, OnlyWhatNeedsARestartIsNamedAndKept) {
  const Options running = *load("", {"workers=1", "banner=old", "listen=127.0.0.1:1"});
  Options loaded = *load("", {"workers=2", "banner=new", "listen=127.0.0.1:2"});
  EXPECT_EQ(changed_but_not_reloadable(running, loaded), (std::vector<std::string>{"listen", "workers"}));
  ASSERT_TRUE(keep_not_reloadable(running, loaded).has_value());
  EXPECT_EQ(loaded.workers, 1);
  EXPECT_EQ(loaded.listen, running.listen);
  EXPECT_EQ(loaded.banner, "new");
}

TEST_F(OptionsTest, AReloadThatContradictsWhatStaysIsRefused) {
  const Options running = *load("", {"implicit_tls_listen=127.0.0.1:990"});
  Options loaded = *load("", {"tls=off"});
  const auto kept = keep_not_reloadable(running, loaded);
  ASSERT_FALSE(kept.has_value());
  EXPECT_NE(kept.error().context.find("implicit_tls_listen: needs TLS"), std::string::npos);
}

TEST_F(OptionsTest, ACheckoutIsFoundFromAnyFolderInIt) {
  namespace fs = std::filesystem;
  const fs::path deep = dir_.path() / "build/release/bin";
  fs::create_directories(deep);
  fs::create_directories(dir_.path() / "var/db");
  EXPECT_NE(find_checkout(deep.string()), dir_.path().string());
  std::ofstream(dir_.path() / "ARCHITECTURE.md") << "x";
  EXPECT_EQ(find_checkout(deep.string()), dir_.path().string());
  EXPECT_EQ(find_checkout("/"), "");
}

TEST_F(OptionsTest, AGivenFileIsTheSource) {
  EXPECT_EQ(find_option_source("/x/y.toml").file, "/x/y.toml");
}

TEST(ResolveUser, TakesTheNamedUserAndNamesAMissingOne) {
  Options options;
  options.user = "nobody";
  const auto found = resolve_user(options, {});
  ASSERT_TRUE(found.has_value()) << found.error().context;
  EXPECT_EQ(found->name, "nobody");
  EXPECT_NE(found->uid, 0U);
  options.user = "no-such-user-here";
  const auto missing = resolve_user(options, {});
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().kind, Errc::not_found);
  EXPECT_NE(missing.error().context.find("no-such-user-here"), std::string::npos);
}

TEST(ResolveUser, InACheckoutOfRootsItIsNobody) {
  const TempDir dir;
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, who alone changes users";
  EXPECT_EQ(resolve_user({}, {"", dir.path().string()})->name, "nobody");
}

TEST(Documents, TheManualPageAndTheSampleInTheTreeAreMadeFromTheTable) {
  const std::string checkout =
      find_checkout(std::filesystem::read_symlink("/proc/self/exe").parent_path().string());
  ASSERT_NE(checkout, "");
  const auto content = [&](const char* file) {
    std::ifstream in(checkout + "/" + file);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  EXPECT_EQ(content("dist/ferryd.toml.sample"), options_sample()) << "run tools/update_docs.sh";
  EXPECT_NE(content("man/ferryd.toml.5").find(options_man_section()), std::string::npos)
      << "run tools/update_docs.sh";
}

TEST_F(OptionsTest, ClientCertificatesNeedTlsAndRequiredNeedsACa) {
  EXPECT_NE(error_of("client_certificates = \"required\"").find("client_ca"), std::string::npos);
  EXPECT_NE(error_of("client_certificates = \"optional\"\ntls = \"off\"").find("needs TLS"),
            std::string::npos);
  EXPECT_EQ(error_of("client_certificates = \"optional\""), "");
  const auto options =
      load("client_certificates = \"required\"\nclient_ca = \"ca.pem\"\nupload_end = \"strict\"");
  ASSERT_TRUE(options) << options.error().context;
  EXPECT_EQ(options->client_ca, (dir_.path() / "ca.pem").string());
  EXPECT_EQ(options->upload_end, UploadEnd::strict);
}

}  // namespace
}  // namespace ferry
