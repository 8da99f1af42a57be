package org.vgg4j.torch;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.global.torch_gloo;
import org.vgg4j.base.InputException;
import org.vgg4j.base.UserFolders;
import org.vgg4j.parallel.Membership;
import org.vgg4j.parallel.ProcessGroup;
import org.vgg4j.parallel.ProcessGroups;

/**
 * Joins groups that communicate by Gloo over TCP and find each other through a c10d store of rank
 * 0.
 */
public final class GlooGroups implements ProcessGroups {
  /** The property that says where JavaCPP unpacks libraries. */
  private static final String CACHE = "org.bytedeco.javacpp.cachedir";

  /** For the service loader. */
  public GlooGroups() {}

  @Override
  public ProcessGroup join(Membership membership) {
    loadLibraries();
    InetAddress master = address(membership.address());
    InetAddress own = ownAddress(master, membership.port());
    return GlooGroup.join(membership, master, own);
  }

  /**
   * Loads libtorch, one process at a time: on first use JavaCPP unpacks it into the user's cache,
   * and processes that do so at once corrupt each other's files.
   */
  private static synchronized void loadLibraries() {
    try {
      if (System.getProperty(CACHE) == null
          && !Path.of(System.getProperty("user.home", "")).isAbsolute()) {
        unpackIntoCache();
      }
      Path cache = Files.createDirectories(Loader.getCacheDir().toPath());
      try (FileChannel channel =
              FileChannel.open(
                  cache.resolve("vgg4j.lock"),
                  StandardOpenOption.CREATE,
                  StandardOpenOption.WRITE);
          FileLock unused = channel.lock()) {
        String unused2 = Loader.load(torch_gloo.class);
      }
    } catch (IOException e) {
      throw new InputException(
          "cannot unpack libtorch's libraries into "
              + e.getMessage()
              + ": free some space there, or give"
              + " Java the option -D"
              + CACHE
              + "=DIR",
          e);
    } catch (UnsatisfiedLinkError e) {
      throw new InputException(
          "libtorch's native libraries cannot be loaded on this system ("
              + e.getMessage()
              + "): several processes need Linux on x86-64",
          e);
    }
  }

  /**
   * For a user without a home, for whom JavaCPP would make a folder "?" in the working directory.
   */
  private static void unpackIntoCache() {
    Path cache = UserFolders.cache();
    if (cache == null) {
      throw new InputException(
          "several processes need a folder into which libtorch's libraries are unpacked (480 MB),"
              + " and this user has no home: set HOME, or -D"
              + CACHE
              + "=DIR for Java");
    }
    System.setProperty(CACHE, cache.resolve("javacpp").toString());
  }

  private static InetAddress address(String name) {
    try {
      InetAddress first = InetAddress.getByName(name);
      if (!first.isLoopbackAddress() || name.equals("localhost") || name.matches("127\\..*|::1")) {
        return first;
      }
      // Debian's /etc/hosts gives a machine's own name an address that other machines cannot reach
      for (InetAddress address : InetAddress.getAllByName(name)) {
        if (!address.isLoopbackAddress()) {
          return address;
        }
      }
      throw new InputException(
          "MASTER_ADDR is %s, which on this machine is %s, the loopback address: give the IP address at which the others reach it"
              .formatted(name, first.getHostAddress()));
    } catch (UnknownHostException e) {
      throw new InputException(
          "MASTER_ADDR is %s, which does not resolve: set it to the address of the machine of rank 0"
              .formatted(name),
          e);
    }
  }

  /** The address from which this machine reaches the master, where the others reach it too. */
  private static InetAddress ownAddress(InetAddress master, int port) {
    try (DatagramSocket socket = new DatagramSocket()) {
      socket.connect(new InetSocketAddress(master, port)); // sends nothing
      return socket.getLocalAddress();
    } catch (SocketException e) {
      throw new InputException(
          "this machine has no route to MASTER_ADDR, %s: %s"
              .formatted(master.getHostAddress(), e.getMessage()),
          e);
    }
  }
}
