# Laid out like the Docker official image: never root (uid and gid 99), no haproxy.cfg, so that it does not start
# before it has been given one.
ARG SUITE
FROM reconciler-test/base:$SUITE

RUN sed -i 's/^haproxy:\([^:]*\):[0-9]*:/haproxy:\1:99:/' /etc/group \
 && sed -i 's/^haproxy:\([^:]*\):[0-9]*:[0-9]*:/haproxy:\1:99:99:/' /etc/passwd \
 && mkdir -p /usr/local/etc/haproxy \
 && mv /etc/haproxy/errors /usr/local/etc/haproxy/ \
 && rm -r /etc/haproxy \
 && ln -s /usr/sbin/haproxy /usr/local/sbin/haproxy \
 && chown haproxy:haproxy /var/lib/haproxy
COPY docker-entrypoint.sh /usr/local/bin/

EXPOSE 80 443 8404
STOPSIGNAL SIGUSR1
ENTRYPOINT ["docker-entrypoint.sh"]
USER haproxy
WORKDIR /var/lib/haproxy
CMD ["haproxy", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]
