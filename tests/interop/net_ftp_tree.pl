#!/usr/bin/perl
# A whole tree by Perl's Net::FTP. The password comes on the standard input.
# usage: net_ftp_tree.pl PORT USER clear|TLSv1_2|TLSv1_3 FOLDER
# What lies in `tree` in FOLDER goes up as `up`; NLST then leads through `up`, and what it names comes back as
# `back`. Anything that is not as it must be ends it with a message.
use strict;
use warnings;
use IO::Socket::SSL;
use Net::FTP;

my ($port, $user, $wire, $folder) = @ARGV;
chomp(my $password = <STDIN>);

my %tls = $wire eq 'clear' ? () : (SSL_version => $wire, SSL_verify_mode => SSL_VERIFY_NONE);  # self-signed
my $ftp = Net::FTP->new('127.0.0.1', Port => $port, Passive => 1, Timeout => 60, %tls) or die "connect: $@";
sub must { my ($result, $what) = @_; die "$what: " . $ftp->message unless $result; return $result }

sub upload {
  my ($here, $there) = @_;
  must($ftp->mkdir($there), "MKD $there");
  opendir(my $listing, $here) or die "$here: $!";
  for my $name (grep { $_ ne '.' && $_ ne '..' } readdir $listing) {
    if (-d "$here/$name") { upload("$here/$name", "$there/$name") }
    else { must($ftp->put("$here/$name", "$there/$name"), "STOR $there/$name") }
  }
}

# The folder is the current one: an argument of NLST that begins with a dash would be taken for options.
sub download {
  my ($here) = @_;
  mkdir $here or die "$here: $!";
  for my $name ($ftp->ls) {
    if (defined $ftp->size($name)) { must($ftp->get($name, "$here/$name"), "RETR $name"); next }
    must($ftp->cwd($name), "CWD $name");
    download("$here/$name");
    must($ftp->cdup, 'CDUP');
  }
}

must($ftp->starttls, 'AUTH TLS') if %tls;
must($ftp->login($user, $password), 'login');
must($ftp->binary, 'TYPE I');
upload("$folder/tree", 'up');
must($ftp->cwd('up'), 'CWD up');
download("$folder/back");
must($ftp->quit, 'QUIT');
