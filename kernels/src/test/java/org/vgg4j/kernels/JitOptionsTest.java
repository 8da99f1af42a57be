package org.vgg4j.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Method;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class JitOptionsTest {
  static List<String> notInlined() {
    return JitOptions.notInlined();
  }

  /** A misspelt or outdated pattern matches nothing, which the JVM does not mind. */
  @ParameterizedTest
  @MethodSource("notInlined")
  void eachPatternNamesAClassWithMethods(String pattern) throws ClassNotFoundException {
    assertThat(pattern).endsWith("::*");
    String name = pattern.substring(0, pattern.length() - "::*".length());
    Class<?> named =
        Class.forName(name.endsWith("*") ? name.substring(0, name.length() - 1) : name);
    assertThat(named.getDeclaredMethods()).isNotEmpty();
    assertThat(named.getPackageName()).isEqualTo("org.vgg4j.kernels.vector");
  }

  @Test
  void thresholdsAreThoseOfThePackage() {
    assertThat(JitOptions.commandLine())
        .hasSize(notInlined().size() + 1)
        .contains("-XX:CompileCommand=CompileThresholdScaling,org.vgg4j.kernels.vector.*::*,0.2");
  }

  @Test
  void javasOptionsAreRecognised() {
    List<String> arguments = new ArrayList<>(List.of("-Xmx1g"));
    arguments.addAll(JitOptions.commandLine());
    assertThat(JitOptions.areGiven(arguments)).isTrue();
    arguments.remove(1);
    assertThat(JitOptions.areGiven(arguments)).isFalse();
  }

  /** A second class loader's kernels, such as another web application's, find them there. */
  @Test
  void installedOnceWhoeverAsks() throws Exception {
    assertThat(JitOptions.install()).isEqualTo(JitOptions.INSTALLED);
    String once = directives();
    for (String pattern : notInlined()) {
      assertThat(once).contains("-" + pattern.replace('.', '/').replace("::", "."));
    }
    assertThat(JitOptions.install()).isEqualTo(JitOptions.INSTALLED);
    try (URLClassLoader other =
        new URLClassLoader(classPath(), ClassLoader.getPlatformClassLoader())) {
      Class<?> twin = other.loadClass(JitOptions.class.getName());
      assertThat(twin).isNotSameAs(JitOptions.class);
      Method install = twin.getDeclaredMethod("install");
      install.setAccessible(true);
      assertThat(install.invoke(null)).isEqualTo(JitOptions.INSTALLED);
    }
    assertThat(directives()).isEqualTo(once);
  }

  private static URL[] classPath() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .map(
            entry -> {
              try {
                return Path.of(entry).toUri().toURL();
              } catch (MalformedURLException e) {
                throw new IllegalStateException(e);
              }
            })
        .toArray(URL[]::new);
  }

  private static String directives() throws Exception {
    return (String)
        ManagementFactory.getPlatformMBeanServer()
            .invoke(
                new ObjectName("com.sun.management:type=DiagnosticCommand"),
                "compilerDirectivesPrint",
                new Object[] {new String[0]},
                new String[] {String[].class.getName()});
  }
}
