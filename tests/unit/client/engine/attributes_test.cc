#include "client/engine/attributes.h"

#include <gtest/gtest.h>

namespace ferry::client {
namespace {

Features features(std::vector<std::string> lines) {
  lines.insert(lines.begin(), "Features");
  lines.push_back("End");
  return Features(ftp::Reply{211, std::move(lines)});
}

unsigned bit(TimeCommand command) {
  return 1U << static_cast<unsigned>(command);
}

TEST(Preserve, IsReadAsWords) {
  const auto both = parse_preserve("mode,time");
  ASSERT_TRUE(both);
  EXPECT_TRUE(both->time && both->mode && both->is_asked);
  const auto mode = parse_preserve("mode");
  ASSERT_TRUE(mode);
  EXPECT_TRUE(!mode->time && mode->mode);
  const auto none = parse_preserve("none");
  ASSERT_TRUE(none);
  EXPECT_TRUE(!none->time && !none->mode);
  for (const char* text : {"", "owner", "time,", ",time", "time mode", "none,time"})
    EXPECT_FALSE(parse_preserve(text)) << text;
  EXPECT_TRUE(Preserve().time && !Preserve().mode && !Preserve().is_asked);
}

TEST(TimeCommand, IsTheBestThatIsAnnounced) {
  const Manners fresh;
  EXPECT_EQ(time_command(features({" MDTM", " MFMT", " SITE UTIME"}), fresh), TimeCommand::mfmt);
  EXPECT_EQ(time_command(features({" MDTM", " SITE UTIME"}), fresh), TimeCommand::utime);
  EXPECT_EQ(time_command(features({" SITE MKDIR;RMDIR;UTIME;SYMLINK"}), fresh), TimeCommand::utime);
  EXPECT_EQ(time_command(features({" MDTM", " SIZE"}), fresh), TimeCommand::mdtm);
  EXPECT_EQ(time_command(features({" SIZE", " SITE SYMLINK"}), fresh), TimeCommand::none);
}

TEST(TimeCommand, IsNotTheOneThatWasRefused) {
  Manners manners;
  manners.time_refused = bit(TimeCommand::mfmt);
  EXPECT_EQ(time_command(features({" MDTM", " MFMT", " SITE UTIME"}), manners), TimeCommand::utime);
  manners.time_refused |= bit(TimeCommand::utime);
  // A server with a command of its own for this does not take MDTM for an order.
  EXPECT_EQ(time_command(features({" MDTM", " MFMT", " SITE UTIME"}), manners), TimeCommand::none);
  manners.time_refused = bit(TimeCommand::mdtm);
  EXPECT_EQ(time_command(features({" MDTM"}), manners), TimeCommand::none);
}

TEST(Features, SiteCommandsAreLinesOrLists) {
  const Features lines = features({" SITE UTIME", " site chmod"});
  EXPECT_TRUE(lines.has_site("utime") && lines.has_site("CHMOD"));
  EXPECT_FALSE(lines.has_site("UTI") || lines.has_site("SITE"));
  EXPECT_TRUE(features({" SITE MKDIR;UTIME*;RMDIR"}).has_site("UTIME"));
  EXPECT_FALSE(features({" UTIME", " SITE"}).has_site("UTIME"));
}

}  // namespace
}  // namespace ferry::client
