package org.vgg4j.torch;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.gloo.Socket;
import org.vgg4j.base.InputException;

/**
 * The socket on which rank 0 waits for the others. c10d itself would listen on all addresses of the
 * machine; this socket is bound to the address that the group was given.
 */
final class MasterSocket {
  private static final short AF_INET = 2;
  private static final short AF_INET6 = 10; // Linux's
  private static final int BACKLOG = 1024;

  private MasterSocket() {}

  /**
   * Begins to listen.
   *
   * @return the file descriptor, which c10d takes over
   * @throws InputException if the address is not this machine's, or the port is taken
   */
  static int listen(InetAddress address, int port) {
    boolean four = address instanceof Inet4Address;
    ByteBuffer name = ByteBuffer.allocate(four ? 16 : 28).order(ByteOrder.nativeOrder());
    name.putShort(0, four ? AF_INET : AF_INET6);
    name.order(ByteOrder.BIG_ENDIAN).putShort(2, (short) port);
    byte[] bytes = address.getAddress();
    System.arraycopy(bytes, 0, name.array(), four ? 4 : 8, bytes.length);
    try (BytePointer socketName = new BytePointer(name.array())) {
      Socket socket = Socket.createForFamily(four ? AF_INET : AF_INET6);
      socket.reuseAddr(true);
      socket.bind(socketName, name.capacity());
      socket.listen(BACKLOG);
      return socket.release();
    } catch (RuntimeException e) {
      throw new InputException(
          "cannot listen on MASTER_ADDR %s, port %d (%s): rank 0 must run on the machine of that address,"
                  .formatted(address.getHostAddress(), port, firstLine(e))
              + " and nothing else may use the port (MASTER_PORT)",
          e);
    }
  }

  static String firstLine(Throwable failure) {
    String message = String.valueOf(failure.getMessage());
    int end = message.indexOf('\n');
    return end < 0 ? message : message.substring(0, end);
  }
}
