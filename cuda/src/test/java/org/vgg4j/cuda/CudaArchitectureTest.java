package org.vgg4j.cuda;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Whom the rooms of this module may call. */
@AnalyzeClasses(packages = "org.vgg4j.cuda", importOptions = DoNotIncludeTests.class)
class CudaArchitectureTest {
  @ArchTest
  static final ArchRule everyClassLivesInARoom =
      classes()
          .should()
          .resideInAnyPackage(
              "..cuda.driver..",
              "..cuda.kernels..",
              "..cuda.engine..",
              "..cuda.check..",
              "..cuda.bench..")
          .because("a package without a rule here could call anything");

  @ArchTest
  static final ArchRule driver =
      classes()
          .that()
          .resideInAPackage("..cuda.driver..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "..cuda.driver..", "org.vgg4j.base..", "com.sun.jna..", "java..", "org.jspecify..")
          .because("the driver knows memory and kernels, and not what they compute");

  @ArchTest
  static final ArchRule kernels =
      classes()
          .that()
          .resideInAPackage("..cuda.kernels..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "..cuda.kernels..", "..cuda.driver..", "org.vgg4j.base..", "java..", "org.jspecify..")
          .because("a kernel takes addresses and shapes; networks are put together above it");

  @ArchTest
  static final ArchRule engine =
      classes()
          .that()
          .resideInAPackage("..cuda.engine..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "..cuda.engine..",
              "..cuda.kernels..",
              "..cuda.driver..",
              "org.vgg4j.network",
              "org.vgg4j.model..",
              "org.vgg4j.base..",
              "org.vgg4j.kernels",
              "java..",
              "org.jspecify..")
          .because("an engine knows networks and its device, and not the CPU's engine or any file");

  @ArchTest
  static final ArchRule check =
      noClasses()
          .that()
          .resideInAnyPackage("..cuda.kernels..", "..cuda.driver..", "..cuda.engine..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("..cuda.check..")
          .because("what is checked does not know its checks");

  @ArchTest
  static final ArchRule nativeCode =
      noClasses()
          .that()
          .resideOutsideOfPackage("..cuda.driver..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("com.sun.jna..")
          .because("native memory is dangerous, and one room is enough for it");
}
