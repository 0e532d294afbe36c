# Laid out like haproxytech/haproxy-debian: starts as root, ships a haproxy.cfg, and keeps its files in
# /usr/local/etc/haproxy with /etc/haproxy as another name for it.
ARG SUITE
FROM reconciler-test/base:$SUITE

RUN mkdir -p /usr/local/etc \
 && mv /etc/haproxy /usr/local/etc/haproxy \
 && ln -s /usr/local/etc/haproxy /etc/haproxy \
 && ln -s /usr/sbin/haproxy /usr/local/sbin/haproxy \
 && chown haproxy:haproxy /var/lib/haproxy
COPY haproxy.cfg /usr/local/etc/haproxy/
COPY docker-entrypoint.sh /

EXPOSE 80 443 8404
STOPSIGNAL SIGUSR1
ENTRYPOINT ["/docker-entrypoint.sh"]
CMD ["haproxy", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]
