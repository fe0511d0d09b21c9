// SPDX-License-Identifier: Apache-2.0
#include "backend/services/ctl_app.h"

int main(int argc, char** argv) {
    return zz::services::ctl::run(argc, argv);
}
