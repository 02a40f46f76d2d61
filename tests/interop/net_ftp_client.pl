#!/usr/bin/perl
# What a program built on Perl's Net::FTP does with a server. The password comes on the standard input.
# usage: net_ftp_client.pl PORT USER clear|TLSv1_2|TLSv1_3 passive|active FOLDER
# FOLDER holds `file`; it comes back as `back`. Anything that is not as it must be ends it with a message.
use strict;
use warnings;
use IO::Socket::SSL;
use Net::FTP;

my ($port, $user, $wire, $mode, $folder) = @ARGV;
chomp(my $password = <STDIN>);

sub read_file { open(my $in, '<:raw', $_[0]) or die "$_[0]: $!"; local $/; return scalar <$in> }

my %tls = $wire eq 'clear' ? () : (SSL_version => $wire, SSL_verify_mode => SSL_VERIFY_NONE);  # self-signed
my $ftp = Net::FTP->new('127.0.0.1', Port => $port, Passive => $mode eq 'passive' ? 1 : 0, Timeout => 60, %tls)
  or die "connect: $@";
sub must { my ($result, $what) = @_; die "$what: " . $ftp->message unless $result; return $result }

must($ftp->starttls, 'AUTH TLS') if %tls;
must($ftp->login($user, $password), 'login');
must($ftp->binary, 'TYPE I');
must($ftp->mkdir('deep/er/folder', 1), 'mkdir with parents');
must($ftp->cwd('deep/er/folder'), 'CWD');
must($ftp->pwd eq '/deep/er/folder', 'PWD');
must($ftp->put("$folder/file", 'file'), 'put');
my $bytes = read_file("$folder/file");
must($ftp->size('file') == length $bytes, 'SIZE');
must(abs($ftp->mdtm('file') - time) < 600, 'MDTM');

open(my $tail, '<', \'the tail') or die;
must($ftp->append($tail, 'file'), 'APPE');
$bytes .= 'the tail';
open(my $start, '>:raw', "$folder/back") or die;
print $start substr($bytes, 0, 1000);
close $start;
must($ftp->get('file', "$folder/back", 1000), 'get with REST');
must(read_file("$folder/back") eq $bytes, 'the same bytes');

must("@{[$ftp->ls]}" eq 'file', 'NLST');
must((grep { /\bfile$/ } $ftp->dir) == 1, 'LIST');
must($ftp->rename('file', 'renamed'), 'rename');
must(!$ftp->delete('file') && $ftp->code == 550, 'the old name is gone');
must($ftp->supported('MDTM') && $ftp->feature('MLST'), 'FEAT');
must($ftp->quot('SITE', 'QUOTA') == 2 && $ftp->code == 200, 'quot');
must($ftp->cdup && $ftp->cdup && $ftp->cdup, 'CDUP');
must($ftp->rmdir('deep', 1), 'rmdir with all that is in it');
my @left = $ftp->ls;
must(!@left, 'nothing is left');
must($ftp->quit, 'QUIT');
