package org.vgg4j.serve.http;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;

/**
 * A port that has been taken: clients that connect wait for an {@link HttpServer}.
 *
 * @param channel takes connections
 * @param address as it was asked for
 */
public record ListeningSocket(ServerSocketChannel channel, InetSocketAddress address)
    implements AutoCloseable {
  private static final int BACKLOG = 1024;

  /**
   * Takes a port, so that it is known to be free before anything large is loaded.
   *
   * @param address host and port; port 0 takes any free one
   * @throws InputException if it cannot be had
   */
  public static ListeningSocket bind(InetSocketAddress address) {
    String where = address.getHostString() + ":" + address.getPort();
    if (address.isUnresolved()) {
      throw new InputException(
          "option host is %s, which is no address of this machine".formatted(where));
    }
    try {
      ListeningSocket socket = new ListeningSocket(ServerSocketChannel.open(), address);
      try {
        socket.channel.bind(address, BACKLOG);
      } catch (IOException e) {
        socket.close();
        throw e;
      }
      return socket;
    } catch (IOException e) {
      throw new InputException(
          "cannot listen on %s (%s): give another --port or --host"
              .formatted(where, AtomicFile.reason(e)),
          e);
    }
  }

  /** The port that clients connect to. */
  public int port() {
    return channel.socket().getLocalPort();
  }

  /** Gives the port back. Closing again does nothing. */
  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
