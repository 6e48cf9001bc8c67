#!/usr/bin/perl
# dkim_verify.pl KEYS MESSAGE... - an independent verifier of DKIM signatures.
#
# KEYS holds a line "NAME VALUE" for each record that the DNS would have.
# Prints a line a signature: FILE ALGORITHM RESULT.  Knows RSA only.
use strict;
use warnings;
use Mail::DKIM::Verifier;
use Net::DNS;

my %records;
open my $keys, '<', shift or die "keys: $!";
while (<$keys>) {
	chomp;
	my ($name, $value) = split / /, $_, 2;
	$records{$name} = $value;
}
{
	no warnings 'redefine';
	*Mail::DKIM::DNS::query = sub {
		my ($name) = @_;
		return unless exists $records{$name};
		return Net::DNS::RR->new(name => $name, type => 'TXT',
			txtdata => [ unpack '(A250)*', $records{$name} ]);
	};
}
for my $file (@ARGV) {
	my $verifier = Mail::DKIM::Verifier->new;
	open my $in, '<:raw', $file or die "$file: $!";
	local $/;
	my $text = <$in>;
	$verifier->PRINT($text);
	$verifier->CLOSE;
	for my $s ($verifier->signatures) {
		printf "%s %s %s\n", $file, $s->algorithm, $s->result;
	}
}
