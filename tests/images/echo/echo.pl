#!/usr/bin/perl
# A small HTTP, WebSocket and TCP echo server: what the tests and the load runs put behind HAProxy.
#
# One process and one select loop, so that a hundred of these are cheap, and only what Debian's perl-base
# holds (no Time::HiRes, Digest::SHA or MIME::Base64), so that the image needs nothing that the HAProxy
# image does not have. Its answers are those of jmalloc/echo-server, so that either can be used.
#
#   any path            200, text: "Request served by <hostname>", then the request: line, headers, body
#   /slow?seconds=2.5   the same, after that time
#   /status/503         the same, with that status
#   /health             200, or 503 while the file /tmp/unhealthy exists
#   /env/NAME           the value of an environment variable and nothing else, or 404
#   Upgrade: websocket  on any path: echoes data frames, answers pings
#
#   PORT=8080           where HTTP is served
#   TCP_PORT=9000       where bytes come back as they are; 0 for nowhere
#   START_DELAY=1.5     seconds before it listens
#   EXIT_CODE=3         complain and exit with this instead of listening
#
# SIGTERM: stops listening, answers the requests it has, closes what is idle, exits 0. WebSockets are told
# "going away" and TCP connections are closed: keeping those alive is the job of whoever stops a server.

use strict;
use warnings;

use Errno qw(EAGAIN EINTR);
use Fcntl qw(F_SETFL O_NONBLOCK O_RDWR);
use POSIX ();
use Socket qw(inet_aton pack_sockaddr_in AF_INET INADDR_ANY IPPROTO_TCP SOCK_STREAM SOL_SOCKET
    SO_REUSEADDR TCP_NODELAY);

use constant {
    BACKLOG         => 1024,
    MAX_HEAD_BYTES  => 64 * 1024,
    MAX_BODY_BYTES  => 64 * 1024 * 1024,
    HIGH_WATER      => 1024 * 1024,        # unsent bytes on a connection above which it is not read
    READ_BYTES      => 64 * 1024,
    LINGER_S        => 1,                  # how long a peer may take to see that we are done
    TICKS_PER_S     => POSIX::sysconf(POSIX::_SC_CLK_TCK()),
    WEBSOCKET_GUID  => '258EAFA5-E914-47DA-95CA-C5AB0DC85B11',
};

my %REASON = (
    100 => 'Continue',    101 => 'Switching Protocols', 200 => 'OK',          204 => 'No Content',
    304 => 'Not Modified', 400 => 'Bad Request',         404 => 'Not Found',   413 => 'Content Too Large',
    429 => 'Too Many Requests', 431 => 'Request Header Fields Too Large',
    500 => 'Internal Server Error', 502 => 'Bad Gateway', 503 => 'Service Unavailable',
    504 => 'Gateway Timeout',
);

my $HOSTNAME = (POSIX::uname())[1];
my $http_port = $ENV{PORT} || 8080;
my $tcp_port  = $ENV{TCP_PORT} // 9000;

# A connection is a hash: fh and fd; in and out, bytes read but not used and bytes not sent yet; serve, the
# sub that turns the one into the other; request, one whose head is known and whose body is not; at and then,
# a time in ticks and what to do at it, during which nothing is served; fresh, no request seen yet; last, say
# no more; eof, the peer says no more.
my %connections;                           # by file descriptor
my %sleepers;                              # those of them with an "at"
my %listeners;                             # by file descriptor: [handle, sub for its connections]
my ($readable, $writable) = ('', '');      # what select waits for
my $stopping  = 0;                         # SIGTERM has come
my $draining  = 0;                         # and has been acted on

$| = 1;
$SIG{PIPE} = 'IGNORE';
$SIG{CHLD} = 'IGNORE';                     # as PID 1 we inherit orphans; this reaps them
$SIG{TERM} = $SIG{INT} = sub { $stopping = 1 };

if (my $delay = $ENV{START_DELAY}) {
    my $until = now() + $delay * TICKS_PER_S;
    select undef, undef, undef, seconds_until($until) while now() < $until && !$stopping;
    exit 0 if $stopping;
}
if (length($ENV{EXIT_CODE} // '')) {
    print STDERR "echo: exiting with $ENV{EXIT_CODE}, as EXIT_CODE asks\n";
    exit $ENV{EXIT_CODE};
}
listen_on($http_port, \&serve_http);
listen_on($tcp_port,  \&serve_tcp) if $tcp_port;
print "echo: $HOSTNAME serves HTTP on port $http_port", $tcp_port ? " and TCP on $tcp_port" : '', "\n";

until ($draining && !%connections) {
    my ($r, $w) = ($readable, $writable);
    # Never longer than a second: a signal that comes just before select is seen only after it.
    my $timeout = 1;
    for my $c (values %sleepers) {
        my $left = seconds_until($c->{at});
        $timeout = $left if $left < $timeout;
    }
    my $ready = select $r, $w, undef, $timeout;
    if ($ready > 0) {
        my @ready = grep { vec($r, $_->{fd}, 1) || vec($w, $_->{fd}, 1) } values %connections;
        for my $c (@ready) {
            receive($c) if vec $r, $c->{fd}, 1;
            advance($c) if $connections{ $c->{fd} };
        }
        vec($r, $_, 1) and accept_all(@{ $listeners{$_} }) for keys %listeners;
    }
    wake_sleepers() if %sleepers;
    drain() if $stopping && !$draining;
}
print "echo: $HOSTNAME has stopped\n";
exit 0;

# --- time: ticks of 10 ms since some point, the finest steady clock that perl-base has ---

sub now { return (POSIX::times())[0] }

sub seconds_until {
    my $left = ($_[0] - now()) / TICKS_PER_S;
    return $left > 0 ? $left : 0;
}

sub sleep_then {
    my ($c, $seconds, $then) = @_;
    @$c{qw(at then)} = (now() + $seconds * TICKS_PER_S, $then);
    $sleepers{ $c->{fd} } = $c;
}

sub wake_sleepers {
    my $now = now();
    my @due = grep { $_->{at} <= $now } values %sleepers;
    for my $c (@due) {
        my $then = $c->{then};
        delete @$c{qw(at then)};
        delete $sleepers{ $c->{fd} };
        $then->($c);
        advance($c) if $connections{ $c->{fd} };
    }
}

# --- connections ---

sub listen_on {
    my ($port, $serve) = @_;
    socket my $fh, AF_INET, SOCK_STREAM, 0 or die "echo: socket: $!\n";
    setsockopt $fh, SOL_SOCKET, SO_REUSEADDR, 1;
    bind $fh, pack_sockaddr_in($port, INADDR_ANY) or die "echo: cannot bind port $port: $!\n";
    listen $fh, BACKLOG or die "echo: cannot listen on port $port: $!\n";
    fcntl $fh, F_SETFL, O_NONBLOCK | O_RDWR;
    $listeners{ fileno $fh } = [ $fh, $serve ];
    vec($readable, fileno $fh, 1) = 1;
}

sub accept_all {
    my ($listener, $serve) = @_;
    while (accept my $fh, $listener) {
        fcntl $fh, F_SETFL, O_NONBLOCK | O_RDWR;
        setsockopt $fh, IPPROTO_TCP, TCP_NODELAY, 1;
        my $fd = fileno $fh;
        $connections{$fd} = { fh => $fh, fd => $fd, in => '', out => '', serve => $serve, fresh => 1 };
        vec($readable, $fd, 1) = 1;
    }
}

sub receive {
    my ($c) = @_;
    my $got = sysread $c->{fh}, $c->{in}, READ_BYTES, length $c->{in};
    return if $got;
    if (defined $got) { $c->{eof} = 1 }
    else              { forget($c) unless $!{EAGAIN} || $!{EINTR} }
}

sub transmit {
    my ($c) = @_;
    return 1 unless length $c->{out};
    my $sent = syswrite $c->{fh}, $c->{out};
    if    (defined $sent)             { substr $c->{out}, 0, $sent, '' }
    elsif (!$!{EAGAIN} && !$!{EINTR}) { forget($c); return 0 }
    return 1;
}

# Takes a connection as far as it can go now, then ends it or says what to wait for.
sub advance {
    my ($c) = @_;
    transmit($c) or return;
    my $left;
    do {                                   # more than once when what was in the way has been sent meanwhile
        $left = length $c->{in};
        $c->{serve}->($c);
        transmit($c) or return;
    } while (!length $c->{out} && length $c->{in} && length $c->{in} < $left);

    my $unsent = length $c->{out};
    if (!$unsent) {
        return linger($c) if $c->{last} && !$c->{lingering};
        return forget($c) if $c->{eof} && (!$c->{at} || $c->{lingering} || $c->{fresh});
    }
    my $is_full = $unsent > HIGH_WATER || $c->{at} && length $c->{in} > HIGH_WATER;
    vec($writable, $c->{fd}, 1) = $unsent ? 1 : 0;
    vec($readable, $c->{fd}, 1) = $c->{eof} || $is_full ? 0 : 1;
}

# Ends a connection so that its peer gets the last bytes: closing with unread input would reset it.
sub linger {
    my ($c) = @_;
    shutdown $c->{fh}, 1;
    @$c{qw(lingering serve)} = (1, sub { $_[0]{in} = '' });
    sleep_then($c, LINGER_S, \&forget);
    advance($c);
}

sub forget {
    my ($c) = @_;
    my $fd = $c->{fd};
    vec($readable, $fd, 1) = vec($writable, $fd, 1) = 0;
    delete $sleepers{$fd};
    delete $connections{$fd};
    close $c->{fh};
}

# Whoever has connected is served: what the kernel has accepted or received already is taken before the
# listeners close, and a connection that has sent nothing yet gets a moment to do so.
sub drain {
    $draining = 1;
    for my $fd (keys %listeners) {
        accept_all(@{ $listeners{$fd} });
        vec($readable, $fd, 1) = 0;
        close $listeners{$fd}[0];
        delete $listeners{$fd};
    }
    my @open = grep { !$_->{lingering} } values %connections;
    for my $c (@open) {
        receive($c) unless $c->{eof};
        next unless $connections{ $c->{fd} };
        $c->{serve}->($c);
        if    ($c->{serve} == \&serve_websocket) { end_websocket($c, 1001) unless $c->{last} }
        elsif ($c->{serve} == \&serve_tcp)       { $c->{last} = 1 }
        elsif ($c->{fresh} && is_idle($c))       { sleep_then($c, LINGER_S, \&end_if_idle) }
        else                                     { end_if_idle($c) }
        advance($c);
    }
}

sub is_idle {
    my ($c) = @_;
    return !$c->{at} && !$c->{request} && !length $c->{in} && !length $c->{out};
}

sub end_if_idle {
    my ($c) = @_;
    $c->{last} = 1 if is_idle($c);
}

# --- TCP ---

sub serve_tcp {
    my ($c) = @_;
    $c->{out} .= $c->{in};
    $c->{in} = '';
}

# --- HTTP ---

sub serve_http {
    my ($c) = @_;
    while (length $c->{in} && !$c->{last} && length $c->{out} < HIGH_WATER) {
        # A sleeper is busy with an answer, and answers keep their order; a fresh one in a drain is not.
        if ($c->{at}) {
            return unless $c->{fresh};
            delete @$c{qw(at then)};
            delete $sleepers{ $c->{fd} };
        }
        my $request = take_request($c) or return;
        delete @$c{qw(request fresh)};
        if ($request->{error}) {
            $c->{last} = 1;
            return reply($c, $request, $request->{error}, "$REASON{ $request->{error} }\n");
        }
        answer($c, $request);
        return $c->{serve}->($c) if $c->{serve} != \&serve_http;
    }
}

# The next whole request, or nothing while some of it is missing, or { error => status }.
sub take_request {
    my ($c) = @_;
    my $request = $c->{request} //= take_head($c) or return;
    return $request if $request->{error};
    if ($request->{chunked}) {
        while ($c->{in} =~ /\A([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r\n/) {
            my ($line_length, $size) = ($+[0], hex $1);
            return { error => 413 } if length($request->{body}) + $size > MAX_BODY_BYTES;
            if ($size == 0) {
                pos($c->{in}) = $line_length;
                $c->{in} =~ /\G(?:[^\r\n]+\r\n)*\r\n/gc or return;    # trailers are read and dropped
                substr $c->{in}, 0, pos $c->{in}, '';
                return $request;
            }
            return if length $c->{in} < $line_length + $size + 2;
            $request->{body} .= substr $c->{in}, $line_length, $size;
            return { error => 400 } if substr($c->{in}, $line_length + $size, 2) ne "\r\n";
            substr $c->{in}, 0, $line_length + $size + 2, '';
        }
        return { error => 400 } if index($c->{in}, "\n") >= 0 || length $c->{in} > MAX_HEAD_BYTES;
        return;
    }
    return if length $c->{in} < $request->{length};
    $request->{body} = substr $c->{in}, 0, $request->{length}, '';
    return $request;
}

sub take_head {
    my ($c) = @_;
    $c->{in} =~ s/\A(?:\r\n)+//;           # RFC 9112 2.2: empty lines before a request are to be ignored
    my $end = index $c->{in}, "\r\n\r\n";
    return length $c->{in} > MAX_HEAD_BYTES ? { error => 431 } : undef if $end < 0;
    my ($line, @fields) = split /\r\n/, substr $c->{in}, 0, $end + 4, '';
    my ($method, $target, $version) = $line =~ m{\A([A-Za-z-]+) (\S+) HTTP/1\.([01])\z}
        or return { error => 400 };
    my (%first, @all);
    for (@fields) {
        /\A([^\s:]+):[ \t]*(.*?)[ \t]*\z/ or return { error => 400 };
        $first{ lc $1 } //= $2;
        push @all, [ canonical($1), $2 ];
    }
    my $connection = lc($first{connection} // '');
    my $length     = $first{'content-length'} // 0;
    return { error => 400 } if $length !~ /\A[0-9]{1,15}\z/;
    return { error => 413 } if $length > MAX_BODY_BYTES;
    $c->{out} .= "HTTP/1.1 100 $REASON{100}\r\n\r\n" if lc($first{expect} // '') eq '100-continue';
    return {
        line    => $line,
        method  => $method,
        target  => $target,
        version => $version,
        header  => \%first,
        headers => \@all,
        length  => $length,
        chunked => scalar lc($first{'transfer-encoding'} // '') =~ /\bchunked\z/,
        keep    => scalar($version ? $connection !~ /\bclose\b/ : $connection =~ /\bkeep-alive\b/),
        body    => '',
    };
}

# HAProxy writes header names in lower case; jmalloc/echo-server shows them the way Go does.
sub canonical {
    my ($name) = @_;
    our %canonical;
    return $canonical{$name} // do {
        %canonical = () if keys %canonical > 1000;
        $canonical{$name} = join '-', map { ucfirst lc } split /-/, $name, -1;
    };
}

sub answer {
    my ($c, $request) = @_;
    my ($path, $query) = split /\?/, $request->{target}, 2;
    if (lc($request->{header}{upgrade} // '') eq 'websocket') {
        upgrade($c, $request);
    }
    elsif ($path eq '/health') {
        my $sick = -e '/tmp/unhealthy';
        reply($c, $request, $sick ? 503 : 200, $sick ? "unhealthy\n" : "ok\n");
    }
    elsif ($path =~ m{\A/env/(\w+)\z}) {
        reply($c, $request, defined $ENV{$1} ? 200 : 404, $ENV{$1} // "$1 is not set\n");
    }
    elsif ($path =~ m{\A/status/([2-5][0-9][0-9])\z}) {
        reply($c, $request, $1, description($request));
    }
    elsif ($path eq '/slow' && ($query // '') =~ /\bseconds=([0-9]*\.?[0-9]+)/) {
        sleep_then($c, $1, sub { reply($_[0], $request, 200, description($request)) });
    }
    else {
        reply($c, $request, 200, description($request));
    }
}

sub description {
    my ($request) = @_;
    my @headers = sort { $a->[0] cmp $b->[0] } grep { $_->[0] ne 'Host' } @{ $request->{headers} };
    return join '',
        "Request served by $HOSTNAME\n\n$request->{line}\n\nHost: ", $request->{header}{host} // '', "\n",
        (map {"$_->[0]: $_->[1]\n"} @headers),
        length $request->{body} ? ("\n", $request->{body}) : ();
}

sub reply {
    my ($c, $request, $status, $body) = @_;
    # In a drain this is the last answer, unless more requests are here already.
    my $keep = $request->{keep} && !($stopping && !length $c->{in});
    $c->{last} = 1 unless $keep;
    my $has_body = $status != 204 && $status != 304;
    $c->{out} .= join '',
        "HTTP/1.1 $status ", $REASON{$status} // 'Status', "\r\n",
        $has_body ? ("Content-Type: text/plain\r\nContent-Length: ", length $body, "\r\n") : (),
        'Connection: ', $keep ? 'keep-alive' : 'close', "\r\n\r\n",
        $has_body && ($request->{method} // '') ne 'HEAD' ? $body : ();
}

# --- WebSocket (RFC 6455) ---

sub upgrade {
    my ($c, $request) = @_;
    my $key = $request->{header}{'sec-websocket-key'} // '';
    return reply($c, { %$request, keep => 0 }, 400, "Sec-WebSocket-Key is missing\n") unless length $key;
    $c->{out} .= "HTTP/1.1 101 $REASON{101}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        . 'Sec-WebSocket-Accept: ' . base64(sha1($key . WEBSOCKET_GUID)) . "\r\n\r\n";
    $c->{serve} = \&serve_websocket;
}

sub serve_websocket {
    my ($c) = @_;
    while (length $c->{in} >= 2 && !$c->{last} && length $c->{out} < HIGH_WATER) {
        my ($first, $second) = unpack 'C2', $c->{in};
        my ($opcode, $size, $at) = ($first & 15, $second & 127, 2);
        if    ($size == 126) { return if length $c->{in} < 4;  ($size, $at) = (unpack('x2 n', $c->{in}), 4) }
        elsif ($size == 127) { return if length $c->{in} < 10; ($size, $at) = (unpack('x2 Q>', $c->{in}), 10) }
        return end_websocket($c, 1002) unless $second & 128;    # a client must mask
        return end_websocket($c, 1009) if $size > MAX_BODY_BYTES;
        return if length $c->{in} < $at + 4 + $size;
        my $mask    = substr $c->{in}, $at, 4;
        my $payload = substr($c->{in}, $at + 4, $size) ^ substr($mask x ($size / 4 + 1), 0, $size);
        substr $c->{in}, 0, $at + 4 + $size, '';
        if    ($opcode <= 2)  { $c->{out} .= frame($first, $payload) }    # fragments come back as fragments
        elsif ($opcode == 8)  { $c->{out} .= frame(8, substr $payload, 0, 2); $c->{last} = 1 }
        elsif ($opcode == 9)  { $c->{out} .= frame(10, $payload) }
        elsif ($opcode != 10) { return end_websocket($c, 1002) }
    }
}

sub end_websocket {
    my ($c, $code) = @_;
    $c->{out} .= frame(8, pack 'n', $code);
    $c->{last} = 1;
}

# The frame of an opcode; a data frame keeps the FIN bit that it came with, control frames always have it.
sub frame {
    my ($first, $payload) = @_;
    my $size = length $payload;
    $first |= 128 if ($first & 15) >= 8;
    return pack('C', $first)
        . ($size < 126 ? pack('C', $size) : $size < 65536 ? pack('Cn', 126, $size) : pack('CQ>', 127, $size))
        . $payload;
}

sub sha1 {
    my ($text) = @_;
    my $bits = 8 * length $text;
    my $rotate = sub { (($_[0] << $_[1]) | ($_[0] >> (32 - $_[1]))) & 0xffffffff };
    $text .= "\x80";
    $text .= "\0" x ((56 - length $text) % 64) . pack 'Q>', $bits;
    my @sum = (0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0);
    for my $block (unpack '(a64)*', $text) {
        my @word = unpack 'N16', $block;
        push @word, $rotate->($word[-3] ^ $word[-8] ^ $word[-14] ^ $word[-16], 1) while @word < 80;
        my ($a, $b, $c, $d, $e) = @sum;
        for my $i (0 .. 79) {
            my ($f, $k) =
                  $i < 20 ? (($b & $c) | (~$b & $d), 0x5a827999)
                : $i < 40 ? ($b ^ $c ^ $d, 0x6ed9eba1)
                : $i < 60 ? (($b & $c) | ($b & $d) | ($c & $d), 0x8f1bbcdc)
                :           ($b ^ $c ^ $d, 0xca62c1d6);
            my $t = ($rotate->($a, 5) + ($f & 0xffffffff) + $e + $k + $word[$i]) & 0xffffffff;
            ($a, $b, $c, $d, $e) = ($t, $a, $rotate->($b, 30), $c, $d);
        }
        my @mixed = ($a, $b, $c, $d, $e);
        $sum[$_] = ($sum[$_] + $mixed[$_]) & 0xffffffff for 0 .. 4;
    }
    return pack 'N5', @sum;
}

# Of up to 45 bytes: pack's uuencoding is base64 with another alphabet and a length in front of each line.
sub base64 {
    my ($bytes) = @_;
    my $text = substr pack('u', $bytes), 1;
    chomp $text;
    $text =~ tr{` -_}{AA-Za-z0-9+/};
    my $missing = -length($bytes) % 3;
    substr($text, -$missing) = '=' x $missing if $missing;
    return $text;
}
